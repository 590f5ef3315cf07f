//! The crate from outside: the quickstart company's folder, real tokens, the evidence types.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests"
)]

mod authorize;
mod checking;
mod company;
mod delegation;
mod evidence;
mod facts;
mod folder;
mod house;
mod loading;
mod office;
mod quickstart_policy;
mod reload;
mod rows;
mod shadow;
mod versions;
