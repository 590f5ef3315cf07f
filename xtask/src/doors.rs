//! Dangerous dependencies, each behind the door of the one crate that may use it.
//!
//! Counts normal and build dependencies: a test may look at the world with what it likes.
//! `deny.toml` holds the same list for `cargo deny`, which also sees what dependencies import.

/// One dependency and the crates that may name it.
pub struct Door {
    /// The dependency.
    pub dependency: &'static str,
    /// Who may use it.
    pub keepers: &'static [&'static str],
    /// What would go wrong elsewhere.
    pub reason: &'static str,
}

const fn door(dependency: &'static str, keepers: &'static [&'static str], reason: &'static str) -> Door {
    Door { dependency, keepers, reason }
}

/// Every door.
pub const DOORS: &[Door] = &[
    door("cedar-policy", &["authz"], "a second policy engine call could decide by other rules"),
    door(
        "rusqlite",
        &["store", "connector-sql"],
        "a database opened elsewhere has no authorizer and no lock",
    ),
    door("reqwest", &["egress"], "a second HTTP client would have no address check"),
    door("landlock", &["sandbox"], "isolation is set up in one place, in one order"),
    door("seccompiler", &["sandbox"], "isolation is set up in one place, in one order"),
    door("jsonwebtoken", &["authn"], "a token read elsewhere is a token not verified"),
    door("aws-lc-rs", &["secrets", "audit"], "keys stay with the crates that own them"),
    door(
        "rustls",
        &["gateway", "cli"],
        "cli speaks TLS to the server as a client, with its certificate pinned",
    ),
    door(
        "tokio-rustls",
        &["gateway", "cli", "egress"],
        "cli speaks TLS to the server as a client, with its certificate pinned",
    ),
    door("rcgen", &["gateway"], "certificates are made for the gateway's own address only"),
    door("jsonschema", &["validate"], "its default resolver may fetch; validate switches that off"),
];
