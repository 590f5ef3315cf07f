//! `cargo xtask soak`: the same tests as `cargo xtask test`, with big counts.
//!
//! A test reads its count from the environment and has a small default; here are the big ones.

use crate::counts::Counts;
use crate::process::counted;
use anyhow::Result;
use std::path::Path;
use std::process::{Command, ExitCode};

/// One soak: which tests, with which counts.
struct Soak {
    /// What it shows.
    name: &'static str,
    /// The crate whose tests run.
    package: &'static str,
    /// A filter on the names of tests; empty for all.
    filter: &'static str,
    /// Counts, as environment variables.
    counts: &'static [(&'static str, &'static str)],
}

const SOAKS: &[Soak] = &[
    Soak {
        name: "kill -9 at 200 moments under load",
        package: "secure-mcp",
        filter: "kill",
        counts: &[("SECURE_MCP_SOAK_KILLS", "200")],
    },
    Soak {
        name: "1,000 parallel retries of an approved call over a restart",
        package: "secure-mcp",
        filter: "retries",
        counts: &[("SECURE_MCP_SOAK_RETRIES", "1000")],
    },
    Soak {
        name: "a million random texts read as JSON",
        package: "domain",
        filter: "json",
        counts: &[("PROPTEST_CASES", "1000000")],
    },
];

/// Runs every soak in release, one after the other, and ends with the counts.
pub fn run(root: &Path) -> Result<ExitCode> {
    let mut total = Counts::default();
    for soak in SOAKS {
        let shown: Vec<String> = soak.counts.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut command = Command::new("cargo");
        command
            .current_dir(root)
            .args(["test", "--release", "--package", soak.package, "--", "--nocapture", soak.filter])
            .envs(soak.counts.iter().copied());
        let mut counts =
            counted(&format!("{} ({})", soak.name, shown.join(" ")), &mut command, Counts::of_cargo_line)?;
        if counts == Counts::default() {
            println!(
                "FAILED  {}: no test of `{}` has `{}` in its name",
                soak.name, soak.package, soak.filter
            );
            counts.failed = 1;
        }
        total.add(counts);
    }
    println!("\n{total}");
    Ok(total.exit_code())
}
