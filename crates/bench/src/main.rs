//! What a governed call costs, beside servers that govern nothing, measured in one run.
//!
//! Beside the levels. `cargo xtask bench` runs it; `docs/benchmarks.md` says how to read what it
//! prints. It starts the real `secure-mcp serve` and the floors as child processes, loads one after
//! another in interleaved rounds, and reads their costs from `/proc`. Linux only.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measuring tool: it starts processes, opens sockets and talks to a terminal"
)]

mod audit_log;
mod call;
mod child;
mod connection;
mod decisions;
mod environment;
mod floor;
mod idle;
mod load;
mod machine;
mod operator;
mod options;
mod policy;
mod product;
mod proof;
mod report;
mod rounds;
mod run;
mod start_up;
mod statistics;

use anyhow::Result;
use clap::Parser as _;
use options::{Command, Options};
use std::process::ExitCode;

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    match options.command {
        Some(Command::Floor { kind, upstream }) => floor::run(kind, upstream).map(|()| ExitCode::SUCCESS),
        Some(Command::Decisions) => run::decisions().map(|()| ExitCode::SUCCESS),
        None => run::run(&options),
    }
}
