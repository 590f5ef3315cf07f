//! Layer 4, execute in isolation: `CheckedCall` → `Begun` (the intent is on disk) → `RawOutput`.
//!
//! Level 7. It owns the order "record first, then effect" and the trait that connectors implement;
//! it knows no connector, no protocol and no scanner.

mod begin;
mod connector;
mod output;
mod run;
mod waiver;

pub use begin::{Begun, NotBegun, begin};
pub use connector::{BoxFuture, CallPort, Connector, Connectors};
pub use output::{Isolation, Output, Ran};
pub use run::{RawOutput, RawParts, run};
pub use waiver::Waiver;
