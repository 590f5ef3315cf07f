//! The levels of the house. Every import goes to a strictly lower level.
//!
//! To add a crate, add it here first: the level says what it may know.

/// Crates from the lowest level to the highest.
pub const LEVELS: &[&[&str]] = &[
    /* L0  */ &["domain"],
    /* L1  */ &["settings", "protocol", "manifest", "sift", "revocation"],
    /* L2  */ &["store", "egress", "sandbox"],
    /* L3  */ &["secrets"],
    /* L4  */ &["audit", "authn"],
    /* L5  */ &["authz", "approvals", "limits", "relay", "break-glass"],
    /* L6  */ &["validate"],
    /* L7  */ &["execute"],
    /* L8  */ &["scan", "connector-echo", "connector-sql", "connector-code"],
    /* L9  */ &["pipeline"],
    /* L10 */ &["gateway", "admin"],
    /* L11 */ &["cli"],
    /* L12 */ &["secure-mcp"],
];

/// Beside the house: they may use every crate, and no crate may use them but for its tests.
pub const BESIDE: &[&str] = &["testkit", "xtask", "bench", "fuzz"];

/// Where a crate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On a level, from 0.
    Level(usize),
    /// Beside the house.
    Beside,
}

/// The place of a crate; `None` for a crate that nobody has placed.
pub fn place(name: &str) -> Option<Place> {
    if BESIDE.contains(&name) {
        return Some(Place::Beside);
    }
    LEVELS.iter().position(|level| level.contains(&name)).map(Place::Level)
}
