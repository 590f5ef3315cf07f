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
mod attacks;
mod break_glass;
mod bridge;
mod challenge;
mod company;
mod floods;
mod followed;
mod issuer;
mod key_server;
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
mod raw;
mod revocation;
mod row_filter;
mod traced;
mod transport;
mod trusted_files;
mod webhook;
mod wire_cases;

#[path = "../../../authn/tests/it/signer.rs"]
#[allow(dead_code, reason = "the tests of authn use all of it")]
mod signer;
#[path = "../../../authn/tests/it/token_cases.rs"]
#[allow(dead_code, reason = "the tests of authn use all of it")]
mod token_cases;

/// The binary under test.
const BINARY: &str = env!("CARGO_BIN_EXE_secure-mcp");
