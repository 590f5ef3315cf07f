//! The audit log: every governed call, every refusal and every act of an operator, in one
//! append-only, provable, durable file.
//!
//! Level 4. It knows what happened and to whom, and makes it durable; it decides nothing, and it
//! never sees arguments or outputs, only their digests. The format is in `docs/audit-format.md`.

mod audit;
mod chain;
mod config;
mod decisions;
mod deriver;
mod disk;
mod error;
mod event;
mod followed;
mod json;
mod layout;
pub mod limits;
mod log;
mod note;
mod numbers;
mod opened;
mod operator;
mod read;
mod receipt;
mod record;
#[cfg(test)]
mod samples;
mod search;
mod segment;
mod segment_index;
mod subjects;
mod tiles;
mod tree;
mod verify;
mod view;

pub use audit::{Audit, OpenReport};
pub use chain::KeyChain;
pub use config::{AuditConfig, Pace};
pub use decisions::RecordedDecision;
pub use error::AuditError;
pub use event::{Event, FindingCount, Intent, Listed, Outcome, Refused, Usage, Who};
pub use log::Dropped;
pub use note::{Checkpoint, NoteError, VerifierKey};
pub use numbers::{BOUNDS_US, Durations, Operation};
pub use opened::{Personal, ReadRecord};
pub use operator::{OperatorEvent, Person};
pub use receipt::{IntentReceipt, OutcomeReceipt, ReceiptFile, RecordReceipt};
pub use search::{SearchPage, SearchQuery};
pub use tiles::{TilePath, TilePathError, TilesExported, export_tiles};
pub use tree::{Hash, leaf_hash, verify_consistency, verify_inclusion};
pub use verify::{Verified, VerifyError, VerifyRequest, VerifySource, export, verify};
pub use view::View;
