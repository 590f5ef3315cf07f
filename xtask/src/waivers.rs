//! Exceptions to the walls of the source, each with its reason. One that is not needed is an error.

/// An exception.
pub struct Waiver {
    /// The wall: `length`, `unwrap`, `expect`, `process` or `word`.
    pub wall: &'static str,
    /// A file or, ending in `/`, a folder; from the root of the workspace.
    pub path: &'static str,
    /// Why it has to be so.
    pub reason: &'static str,
}

/// Every exception.
pub const WAIVERS: &[Waiver] = &[
    Waiver { wall: "process", path: "xtask/src/", reason: "it starts cargo and the test runners" },
    Waiver {
        wall: "process",
        path: "crates/sandbox/src/",
        reason: "it is the one crate that starts processes",
    },
    Waiver {
        wall: "unwrap",
        path: "crates/audit/src/bin/audit-writer.rs",
        reason: "a test's child process, which stops at the first error",
    },
    Waiver { wall: "word", path: "xtask/src/words.rs", reason: "it is the list of the words" },
];
