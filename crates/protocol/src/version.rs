//! Protocol revisions and the two eras.

/// The stateless revision.
pub const MODERN_VERSION: &str = "2026-07-28";

/// Revisions that open with `initialize`, newest first.
pub const LEGACY_VERSIONS: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];

/// Everything we serve, newest first: what `server/discover` and `-32022` name.
pub const SUPPORTED_VERSIONS: [&str; 4] = [MODERN_VERSION, "2025-11-25", "2025-06-18", "2025-03-26"];

/// How a request is to be answered. Chosen for each request, never for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// 2026-07-28: `_meta` in every request, `resultType` in every result.
    Modern,
    /// 2025-11-25 and older.
    Legacy,
}

impl Era {
    /// The era of a revision that we serve.
    pub(crate) fn of(version: &str) -> Option<Self> {
        if version == MODERN_VERSION {
            Some(Self::Modern)
        } else if LEGACY_VERSIONS.contains(&version) {
            Some(Self::Legacy)
        } else {
            None
        }
    }
}
