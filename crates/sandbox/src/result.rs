//! Owns what a finished one-shot sandbox hands back. Plain data, no behaviour.

use serde::{Deserialize, Serialize};

use crate::confinement::Confinement;
use crate::limits::LimitName;

/// Name of the only back end of this crate, as it stands in results and records.
pub const BACKEND: &str = "native";

/// A finished run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxResult {
    /// How it ended.
    pub exit: Exit,
    /// At most [`crate::Limits::output_bytes`] bytes, as written: not always UTF-8.
    pub stdout: Vec<u8>,
    /// As `stdout`.
    pub stderr: Vec<u8>,
    /// Whether the program wrote more to stdout than is kept.
    pub stdout_truncated: bool,
    /// Whether the program wrote more to stderr than is kept.
    pub stderr_truncated: bool,
    /// What it used.
    pub usage: Usage,
    /// How it was kept from the host.
    pub confinement: Confinement,
    /// How the limits were held.
    pub limits: Enforcement,
    /// Which back end ran it; [`BACKEND`].
    pub backend: String,
}

/// How a sandbox ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// The program's own exit code, 0 to 255.
    Code(i32),
    /// A signal that no limit explains.
    Signal(i32),
    /// The tree was killed because it reached a limit.
    LimitExceeded {
        /// Which one.
        limit: LimitName,
        /// What was allowed: bytes or milliseconds, see [`LimitName`].
        value: u64,
    },
    /// The caller ended it.
    Cancelled,
}

/// What a run used; the whole tree, as well as the kernel can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Processor time, user and system, in milliseconds.
    pub cpu_ms: u64,
    /// Largest memory at one moment, in bytes. Without a cgroup it is the
    /// largest single process or the watchdog's largest sum, whichever is more.
    pub peak_memory_bytes: u64,
    /// From the start order to the end of the tree, in milliseconds.
    pub wall_ms: u64,
}

/// Whether the kernel holds the limits, or this crate only watches them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enforcement {
    /// Memory and process count of the tree are held by a cgroup.
    Enforced,
    /// Per-process limits and a watchdog that looks every 50 ms: a fast
    /// program can overshoot between two looks.
    Degraded {
        /// Why there is no cgroup. Names host paths: for the operator only.
        why: String,
    },
}

impl Enforcement {
    /// True if a cgroup holds the limits.
    pub fn is_enforced(&self) -> bool {
        matches!(self, Enforcement::Enforced)
    }
}
