//! The scanner from outside: tables of cases, properties, and the promises of its API.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail the test and print its count"
)]

mod api;
mod benign;
mod layers;
mod properties;
mod table;
mod tables;
