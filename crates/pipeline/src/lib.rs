//! The path of every message: layers 1 to 5 in order, with the log on both sides of the effect.
//!
//! Level 9. `call_tool.rs` is the one visible place; the rest is what surrounds it. It knows the
//! layers and no connector, no transport and no configuration.

mod call_port;
mod call_tool;
mod cut_off;
mod dispatch;
mod ended;
mod list_tools;
mod pipeline;

pub use dispatch::{Answer, Asked};
pub use pipeline::{Parts, Pipeline};
