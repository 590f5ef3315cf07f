//! One row for each thing that can be wrong: the file, the key, the line, a word of the cause, a word of the advice.

use crate::{LEAST, NOW, parse};
use settings::{Settings, SettingsError};
use std::path::Path;

struct Case {
    /// Appended to the least file, unless it starts with `=`: then it is the whole file.
    text: &'static str,
    key: &'static str,
    line: usize,
    cause: &'static str,
    advice: &'static str,
}

const fn case(
    text: &'static str,
    key: &'static str,
    line: usize,
    cause: &'static str,
    advice: &'static str,
) -> Case {
    Case { text, key, line, cause, advice }
}

const CASES: &[Case] = &[
    // unknown keys
    case("[servr]\n", "servr", 5, "unknown key", "did you mean `server`?"),
    case("[audit]\nreserve_mb = 1\n", "audit.reserve_mb", 6, "unknown key", "did you mean `reserve_mib`?"),
    case(
        "[sandbox.limits]\nmemory = 1\n",
        "sandbox.limits.memory",
        6,
        "unknown key",
        "allowed here: memory_mib",
    ),
    case(
        "[[tool]]\nname = \"a\"\nenable = true\n",
        "tool[0].enable",
        7,
        "unknown key",
        "did you mean `enabled`?",
    ),
    case(
        "[[resource]]\nname = \"a\"\nkind = \"sqlite\"\npath = \"a\"\npassword = \"x\"\n",
        "resource[0].password",
        9,
        "unknown key",
        "allowed here",
    ),
    case(
        "=[server]\npublic_url = \"https://a/mcp\"\nlisen = \"x\"\n[policy]\ndir = \"p\"\n",
        "server.lisen",
        3,
        "unknown key",
        "did you mean `listen`?",
    ),
    // limits
    case(
        "[[limit]]\nname = \"a\"\nper = \"person\"\nrequest_per_day = 1\n",
        "limit[0].request_per_day",
        8,
        "unknown key",
        "did you mean `requests_per_day`?",
    ),
    case(
        "[[limit]]\nname = \"a\"\nper = \"user\"\n",
        "limit[0].per",
        7,
        "is `user`",
        "tenant, person, client",
    ),
    case(
        "[[limit]]\nname = \"a\"\nper = \"person\"\n",
        "limit[0]",
        5,
        "limits nothing",
        "requests_per_second",
    ),
    case(
        "[[limit]]\nname = \"a\"\nper = \"person\"\nconcurrent = 0\n",
        "limit[0].concurrent",
        8,
        "is 0",
        "from 1 to 1000000",
    ),
    case(
        "[[limit]]\nname = \"a b\"\nper = \"person\"\nconcurrent = 1\n",
        "limit[0].name",
        6,
        "plain name",
        "A-Z",
    ),
    case(
        "[[limit]]\nname = \"a\"\nper = \"tool\"\ntool = \"echo\"\nconcurrent = 1\n",
        "limit[0].tool",
        8,
        "said twice",
        "`only`",
    ),
    case(
        "[[limit]]\nname = \"a\"\nper = \"resource\"\nonly = \"crm\"\nconcurrent = 1\n",
        "limit[0].only",
        8,
        "names no resource: `crm`",
        "[[resource]]",
    ),
    case(
        "[[limit]]\nname = \"a\"\nper = \"tenant\"\nonly = \"a b\"\nconcurrent = 1\n",
        "limit[0].only",
        8,
        "is wrong",
        "as tokens",
    ),
    case(
        "[[limit]]\nname = \"a\"\nper = \"tool\"\nconcurrent = 1\n[[limit]]\nname = \"a\"\nper = \"tool\"\nconcurrent = 1\n",
        "limit[1].name",
        10,
        "another limit",
        "of its own",
    ),
    // missing keys and wrong types
    case("=[server]\npublic_url = \"https://a/mcp\"\n", "policy", 0, "is missing", "add it"),
    case("=[policy]\ndir = \"p\"\n[server]\n", "server.public_url", 3, "is missing", "https://HOST"),
    case("[audit]\nreserve_mib = \"64\"\n", "audit.reserve_mib", 6, "is a text", "a whole number from 1"),
    case("[audit]\nreserve_mib = 0\n", "audit.reserve_mib", 6, "is 0", "from 1"),
    case(
        "[audit]\nreserve_mib = 99999999999999999999\n",
        "audit.reserve_mib",
        6,
        "is 99999999999999999999",
        "from 1",
    ),
    case("[audit]\nreserve_mib = 1.5\n", "audit.reserve_mib", 6, "fraction", "whole number"),
    case("audit = 1\n", "policy.audit", 5, "unknown key", "allowed here: dir"),
    case("[tool]\nname = \"a\"\n", "tool", 5, "is a table", "[[tool]]"),
    case("[[tool]]\nname = \"a\"\nenabled = \"yes\"\n", "tool[0].enabled", 7, "is a text", "true or false"),
    case("[[tool]]\nname = \"\"\n", "tool[0].name", 6, "is empty", "write a value"),
    case("[scan]\nsecrets = \"drop\"\n", "scan.secrets", 6, "is `drop`", "redact, mask, block"),
    case("[sandbox]\nbackend = \"docker\"\n", "sandbox.backend", 6, "is `docker`", "native"),
    // server
    case(
        "=[server]\npublic_url = \"http://a/mcp\"\n[policy]\ndir = \"p\"\n",
        "server.public_url",
        2,
        "does not start with https://",
        "https://HOST",
    ),
    case(
        "=[server]\npublic_url = \"https://a/\"\n[policy]\ndir = \"p\"\n",
        "server.public_url",
        2,
        "does not end with /mcp",
        "https://HOST",
    ),
    case(
        "=[server]\npublic_url = \"https://A/mcp\"\n[policy]\ndir = \"p\"\n",
        "server.public_url",
        2,
        "no valid host",
        "lower case",
    ),
    case(
        "=[server]\npublic_url = \"https://a:443/mcp\"\n[policy]\ndir = \"p\"\n",
        "server.public_url",
        2,
        "port",
        "https://HOST",
    ),
    case(
        "=[server]\npublic_url = \"https://u@a/mcp\"\n[policy]\ndir = \"p\"\n",
        "server.public_url",
        2,
        "no valid host",
        "https://HOST",
    ),
    case(
        "=[server]\npublic_url = \"https://a/b/mcp\"\n[policy]\ndir = \"p\"\n",
        "server.public_url",
        2,
        "no valid host",
        "https://HOST",
    ),
    case(
        "=[server]\npublic_url = \"https://a/mcp\"\nlisten = \"8443\"\n[policy]\ndir = \"p\"\n",
        "server.listen",
        3,
        "is `8443`",
        "ADDRESS:PORT",
    ),
    case(
        "=[server]\npublic_url = \"https://a/mcp\"\nlisten = \"0.0.0.0:1\"\n[policy]\ndir = \"p\"\n",
        "server.tls",
        1,
        "is missing",
        "trusted_proxies",
    ),
    case(
        "=[server]\npublic_url = \"https://a/mcp\"\nadmin_listen = \"127.0.0.1:8443\"\n[policy]\ndir = \"p\"\n",
        "server.admin_listen",
        3,
        "port of the MCP endpoint",
        "8444",
    ),
    case(
        "=[server]\npublic_url = \"https://a/mcp\"\nadmin_listen = \"10.0.0.1:8444\"\n[policy]\ndir = \"p\"\n",
        "server.admin_listen",
        3,
        "without TLS",
        "unix:PATH",
    ),
    case(
        "=[server]\npublic_url = \"https://a/mcp\"\nadmin_listen = \"unix:\"\n[policy]\ndir = \"p\"\n",
        "server.admin_listen",
        3,
        "no socket",
        "unix:PATH",
    ),
    case(
        "=[server]\npublic_url = \"https://a/mcp\"\ntrusted_proxies = [\"::1\", \"10.0.0.1/8\"]\n[policy]\ndir = \"p\"\n",
        "server.trusted_proxies[1]",
        3,
        "is `10.0.0.1/8`",
        "10.0.0.0/8",
    ),
    case(
        "=[server]\npublic_url = \"https://a/mcp\"\nallowed_hosts = [\"a/b\"]\n[policy]\ndir = \"p\"\n",
        "server.allowed_hosts[0]",
        3,
        "is `a/b`",
        "HOST:PORT",
    ),
    case(
        "=[server]\npublic_url = \"https://a/mcp\"\nallowed_origins = [\"*\"]\n[policy]\ndir = \"p\"\n",
        "server.allowed_origins[0]",
        3,
        "is `*`",
        "no wildcards",
    ),
    case(
        "=[server]\npublic_url = \"https://a/mcp\"\ntls.cert = \"c\"\n[policy]\ndir = \"p\"\n",
        "server.tls.key",
        3,
        "is missing",
        "private key",
    ),
    // the rest
    case(
        "[[identity.issuers]]\nissuer = \"i\"\njwks_file = \"f\"\ntenant = \"a b\"\n",
        "identity.issuers[0].tenant",
        8,
        "not a valid tenant",
        "A-Z",
    ),
    case(
        "[[identity.issuers]]\nissuer = \"i\"\njwks_file = \"f\"\ntenant = \"a\"\n[[identity.issuers]]\nissuer = \"i\"\njwks_file = \"g\"\ntenant = \"a\"\n",
        "identity.issuers[1].issuer",
        10,
        "second time",
        "one JWKS",
    ),
    case(
        "[[identity.issuers]]\nissuer = \"i\"\njwks_file = \"f\"\ntenant = \"a\"\naudience = \"https://mcp.example.com/mcp/admin\"\n",
        "identity.issuers[0].audience",
        9,
        "admin plane",
        "another audience",
    ),
    case("[sandbox]\nuid_range = \"0-1000\"\n", "sandbox.uid_range", 6, "is `0-1000`", "65536"),
    case(
        "[sandbox]\nuid_range = \"70000-69999\"\n",
        "sandbox.uid_range",
        6,
        "is `70000-69999`",
        "FIRST-LAST",
    ),
    case("[sandbox]\nuid_range = \"70000-4294967295\"\n", "sandbox.uid_range", 6, "4294967295", "FIRST-LAST"),
    case("[sandbox.limits]\nmemory_mib = 1\n", "sandbox.limits.memory_mib", 6, "is 1", "from 16"),
    case(
        "[[resource]]\nname = \"a b\"\nkind = \"sqlite\"\npath = \"p\"\n",
        "resource[0].name",
        6,
        "not a valid resource name",
        "A-Z",
    ),
    case(
        "[[resource]]\nname = \"a\"\nkind = \"oracle\"\npath = \"p\"\n",
        "resource[0].kind",
        7,
        "is `oracle`",
        "sqlite",
    ),
    case(
        "[[resource]]\nname = \"a\"\nkind = \"sqlite\"\npath = \"p\"\nsecret = \"hunter2\"\n",
        "resource[0].secret",
        9,
        "not a reference",
        "file:PATH",
    ),
    case(
        "[[resource]]\nname = \"a\"\nkind = \"sqlite\"\npath = \"p\"\n[[resource]]\nname = \"a\"\nkind = \"sqlite\"\npath = \"q\"\n",
        "resource[1].name",
        10,
        "second time",
        "own",
    ),
    case("[[tool]]\nname = \"a b\"\n", "tool[0].name", 6, "not a valid tool name", "tools/list"),
    case(
        "[[tool]]\nname = \"a\"\n[[tool]]\nname = \"a\"\n",
        "tool[1].name",
        8,
        "second time",
        "one [[tool]]",
    ),
    case(
        "[[egress.destination]]\nname = \"a b\"\nhost = \"h\"\n",
        "egress.destination[0].name",
        6,
        "not a valid name",
        "A-Z",
    ),
    case(
        "[[egress.destination]]\nname = \"a\"\nhost = \"https://h\"\n",
        "egress.destination[0].host",
        7,
        "is `https://h`",
        "without scheme",
    ),
    case(
        "[[egress.destination]]\nname = \"a\"\nhost = \"0x7f000001\"\n",
        "egress.destination[0].host",
        7,
        "0x7f000001",
        "host name",
    ),
    case(
        "[[egress.destination]]\nname = \"a\"\nhost = \"2130706433\"\n",
        "egress.destination[0].host",
        7,
        "2130706433",
        "host name",
    ),
    case(
        "[[egress.destination]]\nname = \"a\"\nhost = \"h\"\nport = 65536\n",
        "egress.destination[0].port",
        8,
        "is 65536",
        "65535",
    ),
    case(
        "[[egress.destination]]\nname = \"a\"\nhost = \"h\"\nscheme = \"ftp\"\n",
        "egress.destination[0].scheme",
        8,
        "is `ftp`",
        "https",
    ),
    case(
        "[[egress.destination]]\nname = \"a\"\nhost = \"h\"\nheaders = [\"x\", \"Host\"]\n",
        "egress.destination[0].headers[1]",
        8,
        "no tool may set",
        "leave it out",
    ),
    case(
        "[[egress.destination]]\nname = \"a\"\nhost = \"h\"\nheaders = [\"a:b\"]\n",
        "egress.destination[0].headers[0]",
        8,
        "not the name",
        "letters",
    ),
    // overrides
    case(
        "[[override]]\nname = \"no_isolation\"\nreason = \"r\"\nexpires = 2026-06-14\n",
        "override[0].expires",
        8,
        "has expired",
        "remove the override",
    ),
    case(
        "[[override]]\nname = \"no_isolation\"\nreason = \"r\"\nexpires = 2026-06-15T00:00:00Z\n",
        "override[0].expires",
        8,
        "has expired",
        "later date",
    ),
    case(
        "[[override]]\nname = \"no_isolation\"\nreason = \"r\"\nexpires = 2026-06-16T00:00:00\n",
        "override[0].expires",
        8,
        "not a date",
        "offset",
    ),
    case(
        "[[override]]\nname = \"no_isolation\"\nreason = \"r\"\nexpires = \"soon\"\n",
        "override[0].expires",
        8,
        "not a date",
        "2030-01-31",
    ),
    case(
        "[[override]]\nname = \"no_isolation\"\nreason = \"r\"\nexpires = 2028-01-01\n",
        "override[0].expires",
        8,
        "more than a year",
        "nearer",
    ),
    case(
        "[[override]]\nname = \"no_isolation\"\nreason = \"\"\nexpires = 2026-07-01\n",
        "override[0].reason",
        7,
        "is empty",
        "write a value",
    ),
    case(
        "[[override]]\nname = \"no_isolation\"\nexpires = 2026-07-01\n",
        "override[0].reason",
        5,
        "is missing",
        "Why",
    ),
    case(
        "[[override]]\nname = \"no_audit\"\nreason = \"r\"\nexpires = 2026-07-01\n",
        "override[0].name",
        6,
        "not an override",
        "no_isolation",
    ),
    case(
        "[[override]]\nname = \"private_address:billing\"\nreason = \"r\"\nexpires = 2026-07-01\n",
        "override[0].name",
        6,
        "not there",
        "egress.destination",
    ),
    case(
        "[[override]]\nname = \"no_isolation\"\nreason = \"r\"\nexpires = 2026-07-01\n[[override]]\nname = \"no_isolation\"\nreason = \"r\"\nexpires = 2026-07-01\n",
        "override[1].name",
        10,
        "second time",
        "keep one",
    ),
];

#[test]
fn each_error_names_key_line_cause_and_fix() {
    for case in CASES {
        let text = case.text.strip_prefix('=').map_or_else(|| format!("{LEAST}{}", case.text), str::to_owned);
        let error = parse(&text).map(drop).expect_err(case.text);
        let shown = error.to_string();
        assert_eq!(error.key(), Some(case.key), "{shown}");
        assert_eq!(error.line(), (case.line > 0).then_some(case.line), "{shown}");
        assert!(shown.contains(case.cause), "{shown}");
        assert!(error.hint().contains(case.advice), "{shown}: {}", error.hint());
        assert!(shown.starts_with("/etc/secure-mcp/secure-mcp.toml"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    println!("settings: {} passed", CASES.len());
}

#[test]
fn what_is_not_toml_is_refused_with_its_line() {
    for (text, line) in [("[server]\nlisten = \n", 2), ("[server]\n[server]\n", 2), ("a = 1\na = 2\n", 2)] {
        let error = parse(text).unwrap_err();
        assert!(matches!(error, SettingsError::Syntax { .. }), "{error}");
        assert_eq!(error.line(), Some(line), "{error}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let error = Settings::load(Path::new("/nowhere/secure-mcp.toml"), NOW).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().contains("/nowhere/secure-mcp.toml")),
        ("config_unreadable", true)
    );
}
