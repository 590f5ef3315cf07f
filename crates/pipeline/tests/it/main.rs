//! What must not compile, and a tool that calls a tool.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests"
)]

/// Every way round the evidence of layers 3 to 5. Layers 1 and 2 have theirs in their own crates.
#[test]
fn evidence_cannot_be_made_up() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
