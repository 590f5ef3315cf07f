//! Evidence cannot be made outside of its layer: each way is a program that must not compile.

#[test]
fn permits_cannot_be_forged_cloned_defaulted_or_deserialised() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/*.rs");
}
