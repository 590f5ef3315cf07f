//! Every command of the one binary, `secure-mcp`.
//!
//! Level 11. It reads what was typed, asks the server (over its sockets, like anybody else) or the
//! [`Server`] seam, and says what came out, for people or as JSON. It knows no layer of the governed
//! path and builds no server. `docs/cli.md` is its manual.

mod arguments;
mod bridge;
mod client;
mod commands;
mod context;
mod demo;
mod failure;
mod files;
mod home;
mod output;
mod run;
mod server;
mod server_file;
mod serving;
#[cfg(test)]
mod tests;

pub use context::Environment;
pub use failure::{Exit, Failure};
pub use run::run;
pub use server::{BoxFuture, ChangedPolicy, DoctorLine, DoctorState, Offline, Running, Server, WitnessLine};
