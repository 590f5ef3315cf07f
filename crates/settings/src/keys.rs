//! Every key of the configuration: its type, its bounds, whether it must be there, what it means.
//!
//! One table for three uses: the check of a file, the published JSON schema, and the advice in
//! errors. A key that is not here is unknown.

/// One key.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) need: Need,
    pub(crate) doc: &'static str,
}

/// Whether a key has to be written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Required,
    Optional,
}
use Need::{Optional, Required};

/// What a key holds.
pub(crate) enum Kind {
    /// Any text that is not empty; its own type checks more.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number between the two, both included.
    Whole(i64, i64),
    /// `true` or `false`.
    Switch,
    /// A TOML date or date-time, or the same as text.
    Moment,
    /// A list of texts.
    Texts,
    /// A table.
    Table(&'static [Key]),
    /// A list of tables.
    Tables(&'static [Key]),
}
use Kind::{Moment, Switch, Table, Tables, Text, Texts, Whole, Word};

const fn key(name: &'static str, need: Need, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, need, doc }
}

/// A TiB in MiB: more memory or disk than any one call or log is given; keeps sums inside 64 bits.
const MAX_MIB: i64 = 1024 * 1024;
/// A day: what runs longer is a service, not a call.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A hundred years: the longest duty to keep records is shorter.
const MAX_RETAIN_DAYS: i64 = 36_500;

/// The keys of the whole file.
pub(crate) const ROOT: &[Key] = &[
    key("server", Required, Table(SERVER), "Where the server listens and what it is called."),
    key("identity", Optional, Table(IDENTITY), "Whose tokens are accepted beside the server's own."),
    key("policy", Required, Table(POLICY), "The policy set."),
    key("audit", Optional, Table(AUDIT), "The audit log."),
    key("sandbox", Optional, Table(SANDBOX), "How foreign code is isolated."),
    key("approvals", Optional, Table(APPROVALS), "Who is told that a call waits for approval."),
    key("scan", Optional, Table(SCAN), "What happens to findings in output."),
    key("resource", Optional, Tables(RESOURCE), "Databases that tools may name."),
    key("tool", Optional, Tables(TOOL), "Tools that are switched on or off, and their limits."),
    key(
        "limit",
        Optional,
        Tables(LIMIT),
        "How much persons, clients, tenants, tools and resources may be called.",
    ),
    key("egress", Optional, Table(EGRESS), "Destinations that the server may call."),
    key(
        "override",
        Optional,
        Tables(OVERRIDE),
        "Weakened controls: named, with a reason, and over by a date.",
    ),
];

const SERVER: &[Key] = &[
    key("data_dir", Optional, Text, "Folder of the server's own state. Default ./secure-mcp-data."),
    key("listen", Optional, Text, "Address and port of the MCP endpoint. Default 127.0.0.1:8443."),
    key(
        "public_url",
        Required,
        Text,
        "The MCP URL that clients use, https://HOST[:PORT]/mcp; also the tokens' audience.",
    ),
    key(
        "tls",
        Optional,
        Table(TLS),
        "The certificate. Without it a proxy on this machine or in trusted_proxies ends TLS.",
    ),
    key(
        "admin_listen",
        Optional,
        Text,
        "unix:PATH or ADDRESS:PORT of the admin plane. Default a socket in data_dir.",
    ),
    key("trusted_proxies", Optional, Texts, "Addresses or networks whose forwarding headers are believed."),
    key("allowed_hosts", Optional, Texts, "Host headers that are served beside the host of public_url."),
    key("allowed_origins", Optional, Texts, "Origins of web pages that may call the server. Default none."),
];

const TLS: &[Key] = &[
    key("cert", Required, Text, "PEM file with the certificate chain."),
    key("key", Required, Text, "PEM file with the private key, readable by the server alone."),
];

const IDENTITY: &[Key] = &[key("issuers", Optional, Tables(ISSUER), "Token issuers that are trusted.")];

const ISSUER: &[Key] = &[
    key("issuer", Required, Text, "The claim iss, byte for byte."),
    key("jwks_file", Optional, Text, "File with the issuer's public keys, a JWKS document."),
    key("jwks_url", Optional, Text, "Where the issuer publishes them, in place of jwks_file: https://…"),
    key("jwks_refresh_s", Optional, Whole(1, 900), "Between two questions to jwks_url. Default 300."),
    key("audience", Optional, Text, "The claim aud. Default public_url."),
    key("tenant", Required, Text, "The tenant that the issuer speaks for."),
    key(
        "roles_claim",
        Optional,
        Text,
        "The claim that holds role names. Default none: roles come from the policy set.",
    ),
];

const POLICY: &[Key] =
    &[key("dir", Required, Text, "Folder with the schema, policies, roles.toml and data.toml.")];

const AUDIT: &[Key] = &[
    key("dir", Optional, Text, "Folder of the log. Default audit in data_dir."),
    key("reserve_mib", Optional, Whole(1, MAX_MIB), "Disk space kept free for the operator. Default 64."),
    key(
        "per_principal_mib_day",
        Optional,
        Whole(1, MAX_MIB),
        "Log space of one principal in a day. Default 256.",
    ),
    key(
        "retain_days",
        Optional,
        Whole(1, MAX_RETAIN_DAYS),
        "Days after which the oldest records are dropped, by whole segments. Default: never.",
    ),
    key("witness", Optional, Tables(WITNESS), "Who keeps the checkpoints, out of the operator's reach."),
    key("exporter", Optional, Tables(EXPORTER), "Who gets the records."),
];

const WITNESS: &[Key] = &[
    key("name", Required, Text, "What messages and records call it."),
    key("kind", Required, Word(&["file", "url", "syslog"]), "url is a witness of C2SP tlog-witness."),
    key("file", Optional, Text, "For file: the file that grows, on another mount."),
    key("destination", Optional, Text, "For url and syslog: the [[egress.destination]]."),
    key("path", Optional, Text, "For url: the prefix of its paths. Default none."),
];

const EXPORTER: &[Key] = &[
    key("name", Required, Text, "What messages and numbers call it."),
    key(
        "kind",
        Required,
        Word(&["file", "webhook", "otlp", "otlp_traces", "syslog"]),
        "otlp is OTLP/HTTP in JSON.",
    ),
    key("file", Optional, Text, "For file: the file that grows, one record a line."),
    key("destination", Optional, Text, "For the other kinds: the [[egress.destination]]."),
    key("path", Optional, Text, "For webhook and otlp: the path. Default /, /v1/logs, /v1/traces."),
    key("secret", Optional, Text, "For webhook and otlp: file:PATH of the bearer token."),
    key(
        "personal",
        Optional,
        Word(&["sealed", "clear"]),
        "Whether personal fields are opened; an erasure does not reach what was sent in clear. Default sealed.",
    ),
];

const SANDBOX: &[Key] = &[
    key("backend", Optional, Word(&["native"]), "The isolation engine. Default native."),
    key("uid_range", Optional, Text, "FIRST-LAST: host users for sandboxes of a server that runs as root."),
    key("limits", Optional, Table(SANDBOX_LIMITS), "What one sandbox may use."),
];

const SANDBOX_LIMITS: &[Key] = &[
    key("memory_mib", Optional, Whole(16, MAX_MIB), "Memory of all its processes together."),
    key("processes", Optional, Whole(1, 100_000), "Processes and threads."),
    key("cpu_percent", Optional, Whole(1, 100_000), "Share of the processor, 100 for one core."),
    key("cpu_time_ms", Optional, Whole(1, DAY_MS), "Processor time."),
    key("wall_time_ms", Optional, Whole(1, DAY_MS), "Time from start to end."),
    key("tmp_mib", Optional, Whole(1, MAX_MIB), "Space of its temporary files."),
    key("tmp_inodes", Optional, Whole(16, 10_000_000), "Number of its temporary files."),
    key("output_kib", Optional, Whole(1, MAX_MIB), "Bytes of each output stream."),
    key("file_mib", Optional, Whole(1, MAX_MIB), "Size of one file."),
    key("open_files", Optional, Whole(16, 1_000_000), "Open files of one process."),
];

const ACTION: Kind = Word(&["redact", "mask", "block"]);

const SCAN: &[Key] = &[
    key("secrets", Optional, ACTION, "Keys, tokens, passwords. Default redact."),
    key("personal_data", Optional, ACTION, "Card, account and phone numbers, addresses. Default mask."),
    key("hidden_text", Optional, ACTION, "Text that people do not see and models do. Default redact."),
];

const RESOURCE: &[Key] = &[
    key("name", Required, Text, "What tools and policies call it."),
    key("kind", Required, Word(&["sqlite"]), "What it is."),
    key("path", Required, Text, "The database file."),
    key("secret", Optional, Text, "file:PATH of its key or password, readable by the server alone."),
];

const APPROVALS: &[Key] = &[key("webhook", Optional, Table(WEBHOOK), "A message for each call that waits.")];

const WEBHOOK: &[Key] = &[
    key("destination", Required, Text, "The name of an [[egress.destination]]."),
    key("path", Required, Text, "The path at it, /PATH."),
    key(
        "secret",
        Required,
        Text,
        "file:PATH of what messages are signed with, readable by the server alone.",
    ),
];

const TOOL: &[Key] = &[
    key("name", Required, Text, "The tool's name."),
    key("enabled", Optional, Switch, "Default true."),
    key("limits", Optional, Table(TOOL_LIMITS), "What one call may use; the tool's own limits hold as well."),
    key("approvals", Optional, Table(TOOL_APPROVALS), "Who has to agree where policy wants an approval."),
];

const TOOL_APPROVALS: &[Key] = &[
    key(
        "needed",
        Optional,
        Whole(1, 10),
        "How many people, all different and none the requester. Default 1.",
    ),
    key("by", Optional, Texts, "The people who may agree. Default whoever policy lets approve."),
];

const TOOL_LIMITS: &[Key] = &[
    key("timeout_ms", Optional, Whole(1, DAY_MS), "Time of one call."),
    key("max_output_kib", Optional, Whole(1, MAX_MIB), "Size of one result."),
];

/// More calls than a machine makes in the time, and small enough for sums inside 64 bits.
const MAX_CALLS: i64 = 1_000_000;
/// A trillion: no limit in practice.
const MAX_IN_A_DAY: i64 = 1_000_000_000_000;

const LIMIT: &[Key] = &[
    key("name", Required, Text, "Its name in the log; what was used of its quotas today is kept under it."),
    key(
        "per",
        Required,
        Word(&["tenant", "person", "client", "tool", "resource"]),
        "Each of these is counted by itself.",
    ),
    key(
        "only",
        Optional,
        Text,
        "The one tenant, person, client, tool or resource that is meant. Default all.",
    ),
    key("tool", Optional, Text, "Calls of this tool only. Default of every tool."),
    key("requests_per_second", Optional, Whole(1, MAX_CALLS), "Calls in a second, all at once at most."),
    key("requests_per_minute", Optional, Whole(1, MAX_CALLS), "Calls in a minute, all at once at most."),
    key("concurrent", Optional, Whole(1, MAX_CALLS), "Calls at once."),
    key("requests_per_day", Optional, Whole(1, MAX_IN_A_DAY), "Calls from 00:00 UTC to the next."),
    key("rows_per_day", Optional, Whole(1, MAX_IN_A_DAY), "Rows of tables in results."),
    key("mib_per_day", Optional, Whole(1, MAX_MIB), "Size of all results."),
    key(
        "sandbox_seconds_per_day",
        Optional,
        Whole(1, MAX_IN_A_DAY / 1000),
        "Time that the caller's code runs.",
    ),
];

const EGRESS: &[Key] =
    &[key("destination", Optional, Tables(DESTINATION), "Hosts that may be called; no other is.")];

const DESTINATION: &[Key] = &[
    key("name", Required, Text, "What tools, policies and overrides call it."),
    key("host", Required, Text, "Host name or address, in lower case."),
    key("port", Optional, Whole(1, 65_535), "Default 443, 80 for http."),
    key("scheme", Optional, Word(&["https", "http"]), "Default https."),
    key("headers", Optional, Texts, "Request headers that tools may set."),
    key("timeout_ms", Optional, Whole(1, DAY_MS), "Time of one request. Default 30000."),
    key("max_response_kib", Optional, Whole(1, MAX_MIB), "Size of one response. Default 1024."),
    key("ca_file", Optional, Text, "PEM file of an authority that is trusted beside the system's."),
];

const OVERRIDE: &[Key] = &[
    key(
        "name",
        Required,
        Text,
        "no_isolation (code runs where it cannot be isolated), or private_address:DESTINATION.",
    ),
    key("reason", Required, Text, "Why; it is shown by doctor and recorded daily."),
    key("expires", Required, Moment, "The last day, or the moment with its offset; at most a year away."),
];
