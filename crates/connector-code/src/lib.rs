//! The tools `code-executor` and `python-runner`: the caller's code, in a sandbox.
//!
//! Level 8. It turns arguments into a sandbox order and the sandbox's result into an output. How a
//! process is isolated is `sandbox`'s; who may run code, and for how long, is the policy's. A
//! language that the host lacks is not offered. Code runs without isolation only where the host has
//! none, an override holds at that moment, and policy permits `runInProcess`.

mod definition;
mod plan;
mod run;
mod unisolated;

pub use run::CodeTool;
pub use unisolated::NoIsolation;
