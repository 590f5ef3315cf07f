//! `policy check`: what a report says of cases that do not hold.

use crate::house;
use authz::{CheckReport, PolicyFiles, check};

/// The shipped policy with one case of its own.
fn report(request: &str, expected: &str) -> CheckReport {
    let text = |name: &str| {
        std::fs::read_to_string(format!("{}/../../policies/{name}", env!("CARGO_MANIFEST_DIR")))
            .expect("a text")
    };
    let files =
        ["schema.cedarschema", "roles.toml", "data.toml", "guardrails.cedar"].map(|name| (name, text(name)));
    let case =
        [("tests/it/request.json", request.to_owned()), ("tests/it/expected.json", expected.to_owned())];
    let case = case.into_iter().filter(|(_, text)| !text.is_empty());
    check(&PolicyFiles::from_texts(files.into_iter().chain(case)).expect("the files"), &house::tools())
        .expect("a report")
}

fn differences(request: &str, expected: &str) -> Vec<String> {
    report(request, expected).failed.into_iter().flat_map(|failure| failure.differences).collect()
}

const ANA: &str =
    r#"{"person": "ana", "client": "quickstart", "tool": "database-query", "resource": "customer_database"}"#;

#[test]
fn a_case_that_holds_is_named_as_passed() {
    let report = report(ANA, r#"{"decision": "allow"}"#);
    assert_eq!(report.passed, ["it"]);
    assert!(report.failed.is_empty());
}

#[test]
fn a_wrong_decision_says_why() {
    let request = r#"{"person": "root", "client": "quickstart", "tool": "echo"}"#;
    assert_eq!(
        differences(request, r#"{"decision": "allow"}"#),
        ["decision: expected `allow`, found `unknown_tool` (`call` on Tool::\"echo\": \
             forbidden to the person by `guardrails.cedar:admins-use-no-tools`)"]
    );
}

#[test]
fn wrong_reasons_and_columns_are_shown_beside_the_right_ones() {
    let found = differences(
        ANA,
        r#"{"decision": "allow", "reasons": ["guess"], "columns": {"customers.email": "clear", "customers.name": "clear"}}"#,
    );
    assert_eq!(found.len(), 2);
    assert!(found[0].contains("expected [\"guess\"]"), "{found:?}");
    assert_eq!(found[1], "column `customers.email`: expected `clear`, found `mask:email`");
}

#[test]
fn a_case_that_cannot_be_read_fails() {
    let allow = r#"{"decision": "allow"}"#;
    assert_eq!(differences(ANA, ""), ["`expected.json` is missing"]);
    assert!(differences(r#"{"persn": "ana"}"#, allow)[0].contains("unknown field `persn`"));
    assert!(differences(ANA, r#"{"decision": "yes"}"#)[0].contains("unknown variant `yes`"));
    let both = r#"{"person": "ana", "client": "quickstart", "tool": "echo", "may": "audit"}"#;
    assert_eq!(differences(both, allow), ["name either `tool` or `may`"]);
    let undeclared =
        r#"{"person": "ana", "client": "quickstart", "tool": "echo", "attributes": {"network": true}}"#;
    assert_eq!(differences(undeclared, allow), ["tool `echo` declares no attribute `network`"]);
    let mistyped = r#"{"person": "ana", "client": "quickstart", "tool": "database-query", "attributes": {"max_rows": "1"}}"#;
    assert_eq!(differences(mistyped, allow), ["attribute `max_rows`: expected a whole number of 64 bits"]);
}

#[test]
fn a_policy_that_cannot_be_used_is_an_error() {
    let files = [("schema.cedarschema", ""), ("roles.toml", ""), ("data.toml", "")];
    assert!(check(&PolicyFiles::from_texts(files).expect("the files"), &house::tools()).is_err());
}
