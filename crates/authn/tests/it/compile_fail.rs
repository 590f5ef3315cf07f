//! `Authenticated` comes from the layer and from nowhere else: each other way does not compile.

#[test]
fn evidence_of_layer_one_has_one_source() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
