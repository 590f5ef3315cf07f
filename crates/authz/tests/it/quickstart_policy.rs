//! The shipped policy gives the answers that its test cases promise.

use crate::house;

#[test]
fn every_shipped_case_passes() {
    let report = authz::check(&house::files(), &house::tools())
        .unwrap_or_else(|error| panic!("{:#?}", error.problems()));
    println!("{} passed", report.passed.len());
    assert!(report.failed.is_empty(), "{:#?}", report.failed);
    assert!(report.passed.len() >= 20);
}
