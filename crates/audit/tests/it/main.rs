//! The audit log from outside: what its users and its auditors see.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails; clippy counts the helpers beside the tests as production code"
)]

mod attacks;
mod calls;
mod killed;
mod linear;
mod notes;
mod quotas;
mod retention;
mod rotating;
mod searching;
mod secrecy;
mod shredded;
mod support;
mod tampered;
mod tiles;
