//! The whole binary, from outside: real sockets, real processes, real files.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests"
)]

mod approval;
mod approval_mutations;
mod approval_requester;
mod bridge;
mod challenge;
mod company;
mod issuer;
mod kills;
mod limits;
mod listing;
mod manual;
mod no_isolation;
mod open_files;
mod policy_attacks;
mod policy_reload;
mod policy_trial;
mod quickstart;
mod revocation;
mod row_filter;
mod traced;
mod transport;
mod trusted_files;
mod wire_cases;

/// The binary under test.
const BINARY: &str = env!("CARGO_BIN_EXE_secure-mcp");
