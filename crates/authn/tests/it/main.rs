//! Layer 1 from outside: tokens made here, by this crate's own hand, against the real layer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests"
)]

mod accepted;
mod attacks;
mod compile_fail;
mod key_servers;
mod key_sets;
mod local_issuer;
mod remembered;
mod revoked;
mod signer;
mod token_cases;
mod world;
