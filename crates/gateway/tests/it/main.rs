//! The gateway over real sockets, with a real pipeline behind it and small limits.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod connections;
mod floods;
mod house;
mod slow_readers;
mod slow_writers;
