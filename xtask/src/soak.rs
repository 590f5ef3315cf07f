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
        name: "kill -9 of the log's writer at 200 moments",
        package: "audit",
        filter: "kill_9",
        counts: &[("AUDIT_KILLS", "200")],
    },
    Soak {
        name: "20,000 cuts of the power on a disk that drops what was not synced",
        package: "audit",
        filter: "power",
        counts: &[("AUDIT_CUTS", "20000")],
    },
    Soak {
        name: "a search of 1,000,000 records in less than a second",
        package: "audit",
        filter: "searched_in_less",
        counts: &[("AUDIT_SEARCH_RECORDS", "1000000")],
    },
    Soak {
        name: "10,000 sandboxes as root and 10,000 as an ordinary user",
        package: "sandbox",
        filter: "many_in_a_row",
        counts: &[("SECURE_MCP_SOAK_SANDBOXES", "10000")],
    },
    Soak {
        name: "10,000 requests a second without a token for a minute",
        package: "secure-mcp",
        filter: "requests_without_a_token",
        counts: &[("SECURE_MCP_SOAK_FLOOD_RATE", "10000"), ("SECURE_MCP_SOAK_FLOOD_SECONDS", "60")],
    },
    Soak {
        name: "1,000 half-open TLS handshakes",
        package: "secure-mcp",
        filter: "half_open_handshakes",
        counts: &[("SECURE_MCP_SOAK_HANDSHAKES", "1000")],
    },
    Soak {
        name: "2,000 sockets that read nothing",
        package: "secure-mcp",
        filter: "sockets_that_read_nothing",
        counts: &[("SECURE_MCP_SOAK_SLOW_READERS", "2000")],
    },
    Soak {
        name: "a client with 100,000 pending calls",
        package: "secure-mcp",
        filter: "very_many_pending_calls",
        counts: &[("SECURE_MCP_SOAK_PENDING", "100000")],
    },
    Soak {
        name: "a million pings on a WebSocket",
        package: "gateway",
        filter: "pings_without_end",
        counts: &[("SECURE_MCP_SOAK_PINGS", "1000000")],
    },
    Soak {
        name: "a million random texts read as JSON",
        package: "domain",
        filter: "json",
        counts: &[("PROPTEST_CASES", "1000000")],
    },
    Soak {
        name: "200,000 random texts scanned by each property",
        package: "sift",
        filter: "properties",
        counts: &[("PROPTEST_CASES", "200000")],
    },
    Soak {
        name: "80,000 statements of each kind against masks and denials",
        package: "connector-sql",
        filter: "leak_nothing",
        counts: &[("SECURE_MCP_SOAK_FACTOR", "100")],
    },
    Soak {
        name: "80,000 statements against rows that a filter leaves out",
        package: "connector-sql",
        filter: "reach_no_row",
        counts: &[("SECURE_MCP_SOAK_FACTOR", "100")],
    },
    Soak {
        name: "2,400 random policies: a slice answers like the whole set",
        package: "authz",
        filter: "slice_answers",
        counts: &[("SECURE_MCP_SOAK_FACTOR", "100")],
    },
    Soak {
        name: "1,600 random policies: what is listed can be called and nothing else",
        package: "authz",
        filter: "listed_can_be_called",
        counts: &[("SECURE_MCP_SOAK_FACTOR", "100")],
    },
    Soak {
        name: "a million recorded decisions made again under another policy, in less than a minute",
        package: "admin",
        filter: "planted_change",
        counts: &[("SECURE_MCP_SOAK_DECISIONS", "1000000")],
    },
    Soak {
        name: "a million decisions while the policy is exchanged",
        package: "authz",
        filter: "between_two_policies",
        counts: &[("SECURE_MCP_SOAK_FACTOR", "100")],
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
