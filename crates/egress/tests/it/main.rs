//! The way out from outside: real listeners on loopback, real requests, and a resolver that lies on order.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests"
)]

mod addresses;
mod answers;
mod encrypted;
mod environment;
mod forgery;
mod requests;
mod world;
