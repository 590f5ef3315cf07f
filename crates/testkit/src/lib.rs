//! For integration tests: the real binary as a child process, and clients that speak to it.
//!
//! Beside the levels; used from `tests/it` only. Each server has its own temporary folder, a free port
//! and a certificate authority of its own, and is killed when it is dropped.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "test code: a failure here is a failed test"
)]

mod client;
mod modern;
mod server;
mod signal;

pub use client::{Reply, WebSocket};
pub use modern::{MODERN, legacy, modern};
pub use server::{Server, ServerOptions, copy_policies, free_port};
pub use signal::send_signal;
