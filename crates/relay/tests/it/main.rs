//! The followers of the log from outside, with receivers in processes of their own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails; it starts receivers and looks at files from outside"
)]

mod exporting;
mod support;
mod witnessing;
