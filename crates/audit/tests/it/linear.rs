//! An intent's receipt cannot be had but from the log, nor twice.

#[test]
fn intent_receipts_cannot_be_forged_cloned_defaulted_or_read() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/it/linear/*.rs");
}
