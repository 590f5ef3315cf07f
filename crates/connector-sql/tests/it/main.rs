//! The tool as the server sees it: what it says of itself, and how it plans over the sample company.

#![allow(clippy::unwrap_used, reason = "a test that cannot set itself up fails")]

mod tests;
