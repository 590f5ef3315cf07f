//! The tools `code-executor` and `python-runner`: the caller's code, always in a sandbox.
//!
//! Level 8. It turns arguments into a sandbox order and the sandbox's result into an output. How a
//! process is isolated is `sandbox`'s; who may run code, and for how long, is the policy's. A
//! language that the host lacks is not offered.

mod definition;
mod plan;
mod run;

pub use run::{CodeTool, Places};
