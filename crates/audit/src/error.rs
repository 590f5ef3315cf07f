//! What can go wrong with the log, and what to do about it.

use crate::NoteError;
use secrets::KeyError;
use std::io;
use std::path::PathBuf;

/// A log that cannot be opened, read or kept.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Another process has the log open.
    #[error("the audit log in `{directory}` is in use by another process")]
    Locked {
        /// The log.
        directory: PathBuf,
    },
    /// The node's name cannot stand in a checkpoint's origin.
    #[error("`{node}` is not a valid node name")]
    NodeName {
        /// The name.
        node: String,
    },
    /// A record that was durable is not what it was.
    #[error("record {index} in `{path}` is damaged: {problem}")]
    Damaged {
        /// The segment.
        path: PathBuf,
        /// The first bad record.
        index: u64,
        /// What is wrong.
        problem: &'static str,
    },
    /// Records are missing at the end.
    #[error("the audit log has {records} records and its last checkpoint covers {size}")]
    Shorter {
        /// Records found: also the index of the first missing one.
        records: u64,
        /// Records that the checkpoint covers.
        size: u64,
    },
    /// The records are not those that were signed.
    #[error("the audit log differs from its checkpoint of {size} records at record {index} or later")]
    Different {
        /// The first record that can be bad.
        index: u64,
        /// Records that the checkpoint covers.
        size: u64,
    },
    /// There are records and no usable checkpoint.
    #[error("the audit log's checkpoint is missing or not valid")]
    Checkpoint(#[source] NoteError),
    /// A line of the subjects file does not open with the server's key.
    #[error("line {line} of the audit log's subjects file does not open")]
    Subjects {
        /// Counted from 1.
        line: usize,
    },
    /// The log takes no records.
    #[error("the audit log is down")]
    Down,
    /// A key cannot be used.
    #[error("a key of the audit log cannot be used")]
    Key(#[from] KeyError),
    /// The operating system refused.
    #[error("cannot {action} `{path}`")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// No such record, or no such size of the log.
    #[error("the audit log has no record {index}")]
    NoSuchRecord {
        /// The index.
        index: u64,
    },
}

impl AuditError {
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }

    /// What the operator can do about it.
    pub fn hint(&self) -> String {
        let text = match self {
            Self::Locked { .. } => "stop the other server, or use its admin socket",
            Self::NodeName { .. } => "use 1 to 64 letters, digits, dots, dashes and underscores",
            Self::Damaged { .. } | Self::Shorter { .. } | Self::Different { .. } | Self::Checkpoint(_) => {
                "keep the directory as evidence, run `secure-mcp audit verify`, and restore the log from a \
                 copy or start a new one in another directory"
            }
            Self::Subjects { .. } | Self::Key(_) => {
                "use the key directory that belongs to this data directory"
            }
            Self::Down => "free space or repair the disk; the log comes back by itself",
            Self::Io { .. } => "check the disk and the rights on the directory",
            Self::NoSuchRecord { .. } => "ask for a smaller index",
        };
        text.to_owned()
    }
}
