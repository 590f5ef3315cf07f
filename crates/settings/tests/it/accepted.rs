//! What a good file means.

use crate::{LEAST, NOW, parse};
use settings::{
    AdminListen, Backend, FindingAction, OverrideName, ResourceKind, Scheme, SecretReference, Settings, Tls,
    UidRange,
};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[test]
fn the_least_file_has_safe_defaults() {
    let settings = parse(LEAST).unwrap();
    assert!(settings.server.listen.ip().is_loopback());
    assert_eq!(settings.server.tls, Tls::AtProxy);
    assert_eq!(settings.server.data_dir, Path::new("/etc/secure-mcp/secure-mcp-data"));
    assert_eq!(
        settings.server.admin_listen,
        AdminListen::Unix("/etc/secure-mcp/secure-mcp-data/admin.sock".into())
    );
    assert_eq!(settings.server.allowed_hosts, ["mcp.example.com"]);
    assert_eq!(settings.policy.dir, Path::new("/etc/secure-mcp/policies"));
    assert_eq!(settings.audit.dir, Path::new("/etc/secure-mcp/secure-mcp-data/audit"));
    assert_eq!(settings.audit.reserve_bytes, 64 << 20);
    assert_eq!(settings.scan.personal_data, FindingAction::Mask);
    assert_eq!(settings.sandbox.backend, Backend::Native);
    assert!(settings.server.allowed_origins.is_empty() && settings.identity.issuers.is_empty());
    assert!(settings.tools.is_empty() && settings.destinations.is_empty() && settings.overrides.is_empty());
}

#[test]
fn every_part_of_a_full_file_arrives() {
    let settings = parse(FULL).unwrap();
    assert_eq!(settings.server.public_url.host(), "mcp.example.com");
    assert_eq!(settings.server.public_url.port(), 9443);
    assert_eq!(settings.server.public_url.websocket(), "wss://mcp.example.com:9443/mcp/ws");
    assert_eq!(settings.server.allowed_hosts, ["mcp.example.com:9443", "mcp.internal", "[::1]:8443"]);
    let tls = Tls::Files { cert: "/etc/secure-mcp/chain.pem".into(), key: "/run/key.pem".into() };
    assert_eq!(settings.server.tls, tls);
    assert_eq!(settings.server.admin_listen, AdminListen::Tcp("127.0.0.1:8444".parse().unwrap()));
    assert!(settings.server.trusted_proxies[0].contains("10.1.2.3".parse().unwrap()));
    let issuer = &settings.identity.issuers[0];
    assert_eq!(
        (issuer.audience.as_str(), issuer.tenant.as_str()),
        ("https://mcp.example.com:9443/mcp", "acme")
    );
    assert_eq!(issuer.roles_claim.as_deref(), Some("groups"));
    assert_eq!(settings.sandbox.uid_range, Some(UidRange { first: 400_000, count: 256 }));
    assert_eq!(settings.sandbox.limits.memory_bytes, Some(512 << 20));
    assert_eq!(settings.sandbox.limits.cpu_time, None);
    assert_eq!(settings.scan.secrets, FindingAction::Block);
    let resource = &settings.resources[0];
    assert_eq!(resource.kind, ResourceKind::Sqlite { path: PathBuf::from("/etc/secure-mcp/crm.db") });
    assert_eq!(resource.secret, Some(SecretReference::File("/run/crm.key".into())));
    let tool = settings.tool(&"database-query".parse().unwrap()).unwrap();
    assert_eq!((tool.enabled, tool.limits.timeout), (true, Some(Duration::from_secs(5))));
    let destination = &settings.destinations[0];
    assert_eq!(
        (destination.scheme, destination.port, destination.headers[0].as_str()),
        (Scheme::Http, 80, "accept")
    );
    let name = OverrideName::PrivateAddress { destination: "billing".to_owned() };
    let active = settings.active_override(&name, NOW).unwrap();
    assert!(active.reason.contains("move"));
    assert!(settings.active_override(&OverrideName::NoIsolation, NOW).is_some());
}

#[test]
fn an_overrides_end_is_said_as_it_was_written() {
    let until = |expires: &str| {
        let text =
            format!("{LEAST}[[override]]\nname = \"no_isolation\"\nreason = \"r\"\nexpires = {expires}\n");
        parse(&text).unwrap().overrides[0].until()
    };
    assert_eq!(until("2026-06-15"), "2026-06-15");
    assert_eq!(until("\"2026-07-01T12:00:00+02:00\""), "2026-07-01T10:00:00Z");
}

#[test]
fn an_override_that_is_over_is_read_only_to_be_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.toml");
    let written = "[[override]]\nname = \"no_isolation\"\nreason = \"r\"\nexpires = 2026-06-14\n";
    std::fs::write(&file, format!("{LEAST}{written}")).unwrap();
    assert_eq!(Settings::load(&file, NOW).unwrap_err().key(), Some("override[0].expires"));
    let settings = Settings::load_with_ended(&file, NOW).unwrap();
    assert!(!settings.overrides[0].holds(NOW));
}

#[test]
fn an_override_lasts_through_its_day_and_no_longer() {
    let settings = parse(&format!(
        "{LEAST}[[override]]\nname = \"no_isolation\"\nreason = \"old kernel\"\nexpires = 2026-06-15\n"
    ));
    let settings = settings.unwrap();
    let name = OverrideName::NoIsolation;
    let midnight = NOW.plus(Duration::from_secs(24 * 60 * 60));
    assert!(settings.active_override(&name, domain::UnixMillis(midnight.0 - 1)).is_some());
    assert!(settings.active_override(&name, midnight).is_none());
}

#[test]
fn quickstart_stays_on_this_machine() {
    let settings = Settings::quickstart("/tmp/data".into(), "127.0.0.1:8443".parse().unwrap()).unwrap();
    assert_eq!(settings.server.public_url.as_str(), "https://127.0.0.1:8443/mcp");
    assert_eq!(settings.server.allowed_hosts, ["127.0.0.1:8443", "localhost:8443"]);
    assert_eq!(settings.server.tls, Tls::LocalAuthority);
    assert_eq!(settings.resources.len(), 2);
    assert!(settings.tool(&"echo".parse().unwrap()).unwrap().enabled);
    let v6 = Settings::quickstart("/tmp/data".into(), "[::1]:443".parse().unwrap()).unwrap();
    assert_eq!(v6.server.public_url.as_str(), "https://[::1]/mcp");
    for network in ["0.0.0.0:8443", "192.0.2.1:8443", "[::]:8443"] {
        let error = Settings::quickstart("/tmp/data".into(), network.parse().unwrap()).unwrap_err();
        assert_eq!(error.key(), Some("server.listen"), "{network}");
    }
}

const FULL: &str = r#"
[server]
listen = "0.0.0.0:9443"
public_url = "https://mcp.example.com:9443/mcp"
tls = { cert = "chain.pem", key = "/run/key.pem" }
admin_listen = "127.0.0.1:8444"
trusted_proxies = ["10.0.0.0/8", "::1"]
allowed_hosts = ["mcp.internal", "[::1]:8443"]
allowed_origins = ["https://app.example.com"]

[[identity.issuers]]
issuer = "https://login.example.com"
jwks_file = "login.jwks"
tenant = "acme"
roles_claim = "groups"

[policy]
dir = "policies"

[audit]
dir = "/var/log/secure-mcp"
reserve_mib = 1_0
per_principal_mib_day = 0x10

[sandbox]
backend = "native"
uid_range = "400000-400255"
limits = { memory_mib = 512 }

[scan]
secrets = "block"

[[resource]]
name = "crm"
kind = "sqlite"
path = "crm.db"
secret = "file:/run/crm.key"

[[tool]]
name = "database-query"
limits.timeout_ms = 5000

[[egress.destination]]
name = "billing"
host = "billing.example.com"
scheme = "http"
headers = ["Accept"]

[[override]]
name = "private_address:billing"
reason = "until the move"
expires = 2026-07-01

[[override]]
name = "no_isolation"
reason = "until the move"
expires = "2026-07-01T12:00:00+02:00"
"#;
