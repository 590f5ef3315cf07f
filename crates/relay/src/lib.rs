//! Where the log goes as well: its records to exporters, its checkpoints to witnesses.
//!
//! Level 5. The log is the queue: each follower has a cursor of its own beside it, so one that is down
//! for a while misses nothing. It knows records as the log gives them and places as `egress` reaches
//! them; it decides nothing, and nothing of a call waits for it.

mod config;
mod export;
mod follow;
mod numbers;
mod shown;
mod sink;
mod witness;

pub use config::{Exporter, Receiver, Sink, Witness, WitnessKind};
pub use export::ExportError;
pub use follow::Relay;
pub use numbers::{FollowerNumbers, Numbers, Role};
pub use witness::{Conflict, Verdict, WitnessError, compare, compare_running};
