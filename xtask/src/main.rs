//! The house's own tool: `cargo xtask check | test | soak | bench`.
//!
//! It is run by developers and by CI, never shipped. It may start processes and print, which no
//! crate of the product may; it uses none of them, so it builds while they do not.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developer's tool: it starts cargo, reads sources and talks to a terminal"
)]

mod bench;
mod check;
mod counts;
mod doors;
mod levels;
mod needs;
mod process;
mod server;
mod soak;
mod suites;
mod testing;
mod waivers;
mod words;

use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask check [--quick]   the walls of the house; --quick leaves out rustfmt and clippy
cargo xtask test [--quick]    what tests need, the walls, every test; --quick leaves out clients and clippy
cargo xtask clients           the official clients against the built server, alone
cargo xtask soak              the same tests with big counts
cargo xtask bench             the benchmark
";

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = root()?;
    match words.as_slice() {
        ["check"] => check::run(&root, check::Depth::Full),
        ["check", "--quick"] => check::run(&root, check::Depth::Quick),
        ["test"] => testing::run(&root, testing::Scope::Full),
        ["test", "--quick"] => testing::run(&root, testing::Scope::Quick),
        ["clients"] => testing::run_clients(&root),
        ["soak"] => soak::run(&root),
        ["bench"] => bench::run(&root),
        _ => {
            eprint!("{USAGE}");
            Ok(ExitCode::from(1))
        }
    }
}

/// The folder of the workspace: where this crate's manifest is, one up.
fn root() -> Result<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(own.parent().context("xtask is not inside a workspace")?.to_owned())
}
