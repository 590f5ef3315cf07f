//! Owns what can go wrong between an order and its result. What the program
//! inside does wrong is not an error: it is an [`crate::Exit`].

use std::io;

/// Why there is no result. Messages name host paths and kernel errors: they are
/// for the operator, never for the caller of a tool.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The order itself cannot be carried out; asking again cannot help.
    #[error("sandbox order refused: {why}")]
    InvalidSpec {
        /// The first rule it breaks.
        why: String,
    },
    /// The engine's configuration cannot work.
    #[error("sandbox configuration refused: {why}")]
    InvalidConfig {
        /// The first rule it breaks.
        why: String,
    },
    /// This host cannot isolate a process. Nothing was run, and nothing weaker will be.
    #[error("isolation is not available: {why}")]
    IsolationUnavailable {
        /// The step that failed and, where known, the host setting behind it.
        why: String,
    },
    /// The program could not be started inside, mostly because it is not there.
    #[error("cannot start `{program}` in the sandbox")]
    Program {
        /// The path as ordered.
        program: String,
        /// What `execve` said.
        #[source]
        source: io::Error,
    },
    /// A file or directory of the order could not be placed.
    #[error("cannot prepare the sandbox: {step}")]
    Prepare {
        /// What was being placed.
        step: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// All uids of the configured range are in use; asking again later helps.
    #[error("all {count} sandbox uids are in use")]
    Busy {
        /// Size of the range.
        count: u32,
    },
    /// The host failed: no descriptors, no processes, no memory.
    #[error("the host failed: {step}")]
    Host {
        /// What was being done.
        step: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The launcher vanished without a word, and no limit explains it.
    #[error("the sandbox ended without a report")]
    Lost,
}

impl SandboxError {
    /// For `map_err`: a failure of the host at `step`.
    pub(crate) fn host<E: Into<io::Error>>(step: &'static str) -> impl FnOnce(E) -> SandboxError {
        move |source| SandboxError::Host { step, source: source.into() }
    }
}
