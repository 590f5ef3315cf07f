//! The file as it is written: one struct for each table, no meaning yet. Agrees with `keys`.

use serde::Deserialize;
use std::path::PathBuf;

macro_rules! raw {
    ($($name:ident { $($field:ident: $type:ty),* $(,)? })*) => {$(
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name { $(pub(crate) $field: $type),* }
    )*};
}

raw! {
    RawServer {
        data_dir: Option<PathBuf>,
        listen: Option<String>,
        public_url: String,
        tls: Option<RawTls>,
        admin_listen: Option<String>,
        trusted_proxies: Option<Vec<String>>,
        allowed_hosts: Option<Vec<String>>,
        allowed_origins: Option<Vec<String>>,
    }
    RawTls { cert: PathBuf, key: PathBuf }
    RawIssuer {
        issuer: String,
        jwks_file: Option<PathBuf>,
        jwks_url: Option<String>,
        jwks_refresh_s: Option<u64>,
        audience: Option<String>,
        tenant: String,
        roles_claim: Option<String>,
    }
    RawPolicy { dir: PathBuf }
    RawSandboxLimits {
        memory_mib: Option<u64>,
        processes: Option<u32>,
        cpu_percent: Option<u32>,
        cpu_time_ms: Option<u64>,
        wall_time_ms: Option<u64>,
        tmp_mib: Option<u64>,
        tmp_inodes: Option<u64>,
        output_kib: Option<u64>,
        file_mib: Option<u64>,
        open_files: Option<u64>,
    }
    RawResource { name: String, kind: String, path: PathBuf, secret: Option<String> }
    RawWebhook { destination: String, path: String, secret: String }
    RawTool {
        name: String,
        enabled: Option<bool>,
        limits: Option<RawToolLimits>,
        approvals: Option<RawToolApprovals>,
    }
    RawToolLimits { timeout_ms: Option<u64>, max_output_kib: Option<u64> }
    RawLimit {
        name: String,
        per: String,
        only: Option<String>,
        tool: Option<String>,
        requests_per_second: Option<u32>,
        requests_per_minute: Option<u32>,
        concurrent: Option<u32>,
        requests_per_day: Option<u64>,
        rows_per_day: Option<u64>,
        mib_per_day: Option<u64>,
        sandbox_seconds_per_day: Option<u64>,
    }
    RawDestination {
        name: String,
        host: String,
        port: Option<u16>,
        scheme: Option<String>,
        headers: Option<Vec<String>>,
        timeout_ms: Option<u64>,
        max_response_kib: Option<u64>,
        ca_file: Option<PathBuf>,
    }
    RawWitness {
        name: String,
        kind: String,
        file: Option<PathBuf>,
        destination: Option<String>,
        path: Option<String>,
    }
    RawExporter {
        name: String,
        kind: String,
        file: Option<PathBuf>,
        destination: Option<String>,
        path: Option<String>,
        secret: Option<String>,
        personal: Option<String>,
    }
    RawOverride { name: String, reason: String, expires: toml::Value }
    RawSettings {
        server: RawServer,
        identity: Option<RawIdentity>,
        policy: RawPolicy,
        audit: Option<RawAudit>,
        sandbox: Option<RawSandbox>,
        approvals: Option<RawApprovals>,
        scan: Option<RawScan>,
        resource: Option<Vec<RawResource>>,
        tool: Option<Vec<RawTool>>,
        limit: Option<Vec<RawLimit>>,
        egress: Option<RawEgress>,
        r#override: Option<Vec<RawOverride>>,
    }
}

macro_rules! raw_or_empty {
    ($($name:ident { $($field:ident: $type:ty),* $(,)? })*) => {$(
        #[derive(Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name { $(pub(crate) $field: $type),* }
    )*};
}

raw_or_empty! {
    RawIdentity { issuers: Option<Vec<RawIssuer>> }
    RawAudit {
        dir: Option<PathBuf>,
        reserve_mib: Option<u64>,
        per_principal_mib_day: Option<u64>,
        retain_days: Option<u64>,
        witness: Option<Vec<RawWitness>>,
        exporter: Option<Vec<RawExporter>>,
    }
    RawSandbox { backend: Option<String>, uid_range: Option<String>, limits: Option<RawSandboxLimits> }
    RawScan { secrets: Option<String>, personal_data: Option<String>, hidden_text: Option<String> }
    RawApprovals { webhook: Option<RawWebhook> }
    RawToolApprovals { needed: Option<u32>, by: Option<Vec<String>> }
    RawEgress { destination: Option<Vec<RawDestination>> }
}
