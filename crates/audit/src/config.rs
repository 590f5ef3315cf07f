//! How one log is set up.

use crate::AuditError;
use crate::limits::{CHECKPOINT_INTERVAL, CHECKPOINT_RECORDS, RECOVERY_INTERVAL, SEGMENT_BYTES};
use std::path::PathBuf;
use std::time::Duration;

/// Where a log stands and what it may use.
#[derive(Clone, Debug)]
pub struct AuditConfig {
    /// The log's directory, made if it is missing.
    pub directory: PathBuf,
    /// The node's name; the origin is `secure-mcp/<node>`. 1 to 64 signs of `A-Z a-z 0-9 _ . -`.
    pub node: String,
    /// Space kept for the operator's own events when the disk is full. MiB; 0 keeps none.
    pub reserve_mib: u64,
    /// What one principal may write in a day (UTC). MiB; 0 sets no limit.
    pub per_principal_mib_day: u64,
    /// The log's own rhythm.
    pub pace: Pace,
}

impl AuditConfig {
    /// A log with 64 MiB of reserve and 256 MiB per principal and day (about 100,000 calls).
    pub fn new(directory: impl Into<PathBuf>, node: impl Into<String>) -> Self {
        Self {
            directory: directory.into(),
            node: node.into(),
            reserve_mib: 64,
            per_principal_mib_day: 256,
            pace: Pace::default(),
        }
    }

    /// The origin of the log's checkpoints and receipts.
    pub(crate) fn origin(&self) -> Result<String, AuditError> {
        let node = &self.node;
        let allowed = |sign: u8| sign.is_ascii_alphanumeric() || b"_.-".contains(&sign);
        if node.is_empty() || node.len() > 64 || !node.bytes().all(allowed) {
            return Err(AuditError::NodeName {
                node: node.chars().take(64).flat_map(char::escape_default).collect(),
            });
        }
        Ok(format!("secure-mcp/{node}"))
    }
}

/// When the log signs, goes over to a new file and tries again. Only tests change it.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Bytes of a segment.
    pub segment_bytes: u64,
    /// Records that may be without a signature.
    pub checkpoint_records: u64,
    /// How long records may be without a signature.
    pub checkpoint_interval: Duration,
    /// How often a log that is down tries to come back.
    pub recovery_interval: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            segment_bytes: SEGMENT_BYTES,
            checkpoint_records: CHECKPOINT_RECORDS,
            checkpoint_interval: CHECKPOINT_INTERVAL,
            recovery_interval: RECOVERY_INTERVAL,
        }
    }
}
