//! Owns the word for how a program is kept from its host. Who may have less
//! than isolation, and until when, is not decided here.

use serde::{Deserialize, Serialize};

/// How a program is kept from its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confinement {
    /// Namespaces and a file system of its own, and all that is below.
    Isolated,
    /// A supervised process of the host: limits, Landlock, a system-call
    /// filter, a temporary folder of its own. It sees the host's processes.
    Unisolated,
}
