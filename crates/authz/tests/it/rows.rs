//! Row conditions of `data.toml`: who gets which, and what is refused when they are written.

use crate::house;
use crate::office::Office;
use authz::{Policy, PolicyFiles, Rows, authorize, check, data_view, matrix};
use domain::Digest;
use manifest::RowCondition;
use std::sync::Arc;

/// The shipped policy with `rows` for the orders.
fn files(rows: &str) -> PolicyFiles {
    files_with(rows, &[])
}

fn files_with(rows: &str, more: &[(&str, &str)]) -> PolicyFiles {
    let text = |name: &str| {
        let path = format!("{}/../../policies/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).expect("a text")
    };
    let head = "[customer_database.orders]\n";
    let data = text("data.toml").replace(head, &format!("{head}{rows}\n"));
    let texts =
        ["schema.cedarschema", "roles.toml", "guardrails.cedar"].map(|name| (name.to_owned(), text(name)));
    let more = more.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let texts = texts.into_iter().chain([("data.toml".to_owned(), data)]).chain(more);
    PolicyFiles::from_texts(texts).expect("the files")
}

fn policy(rows: &str) -> Arc<Policy> {
    let loaded = Policy::load(&files(rows), &house::tools());
    Arc::new(loaded.unwrap_or_else(|error| panic!("{:?}", error.problems())))
}

fn conditions(policy: &Arc<Policy>, person: &str) -> Vec<String> {
    let tools = house::tools();
    let tool = tools.iter().find(|tool| tool.name().as_str() == "database-query").expect("the tool");
    let permit = authorize(Office::open().caller(person), Some(tool), policy).expect("a permit");
    let view = data_view(&permit, &"customer_database".parse().expect("a resource")).expect("a view");
    view.rows("orders").iter().map(RowCondition::to_string).collect()
}

#[test]
fn a_condition_over_the_caller_is_another_one_for_each() {
    let text = "lee = [\"analyst\"]";
    let rows = r#"rows = [{ column = "status", op = "in", values = ["pending", 7] }, { column = "customer_id", op = "!=", principal = "person" }]"#;
    let files = files_with(rows, &[]);
    let policy = Arc::new(Policy::load(&files, &house::tools()).expect("the policy"));
    assert_eq!(conditions(&policy, "ana"), ["status in \"pending\", 7", "customer_id != \"ana\""]);
    for (attribute, expected) in [("person", "ana"), ("client", "quickstart"), ("tenant", "acme")] {
        let policy = self::policy(&format!(
            "rows = [{{ column = \"status\", op = \"=\", principal = \"{attribute}\" }}]"
        ));
        assert_eq!(conditions(&policy, "ana"), [format!("status = {expected:?}")]);
    }
    // Two people of the same roles are one party, and still each gets the own rows.
    let with_lee = |name: &str| {
        let path = format!("{}/../../policies/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).expect("a text")
    };
    let roles = with_lee("roles.toml").replace("[people]\n", &format!("[people]\n{text}\n"));
    let policy =
        Policy::load(&files_with(rows, &[("roles.toml", &roles)]), &house::tools()).expect("the policy");
    let policy = Arc::new(policy);
    for _ in 0..2 {
        for person in ["ana", "lee"] {
            assert_eq!(conditions(&policy, person)[1], format!("customer_id != {person:?}"));
        }
    }
}

#[test]
fn conditions_are_part_of_the_hash_and_of_the_facts() {
    let hash = |rows: &str| policy(rows).policy_hash();
    let plain = hash("");
    let shipped = Policy::load(&house::files(), &house::tools()).expect("the policy").policy_hash();
    assert_eq!(plain, shipped);
    let all: std::collections::BTreeSet<Digest> = [
        "",
        r#"rows = [{ column = "status", op = "=", value = "paid" }]"#,
        r#"rows = [{ column = "status", op = "!=", value = "paid" }]"#,
        r#"rows = [{ column = "status", op = "=", value = "pending" }]"#,
        r#"rows = [{ column = "id", op = "=", value = 1 }]"#,
        r#"rows = [{ column = "id", op = "=", value = "1" }]"#,
        r#"rows = [{ column = "id", op = "=", principal = "person" }]"#,
    ]
    .map(hash)
    .into();
    assert_eq!(all.len(), 7);
    let policy = policy(r#"rows = [{ column = "status", op = "=", principal = "person" }]"#);
    let facts = matrix(&policy, Rows::Roles);
    let fact = facts.iter().find(|fact| fact.what == "rows:customer_database.orders").expect("a fact");
    assert_eq!((fact.who.as_str(), fact.answer.as_str()), ("role:analyst", "status = principal.person"));
}

#[test]
fn a_case_can_expect_conditions() {
    let rows = r#"rows = [{ column = "status", op = "=", value = "paid" }]"#;
    let request = r#"{ "person": "ana", "client": "quickstart", "tool": "database-query", "resource": "customer_database", "tables": ["orders"] }"#;
    for (expected, passes) in [
        (r#"{ "decision": "allow", "rows": { "orders": "status = \"paid\"", "customers": "" } }"#, true),
        (r#"{ "decision": "allow", "rows": { "orders": "" } }"#, false),
    ] {
        let case = [("tests/a/request.json", request), ("tests/a/expected.json", expected)];
        let report = check(&files_with(rows, &case), &house::tools()).expect("a report");
        assert_eq!(report.failed.is_empty(), passes, "{:?}", report.failed);
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_the_place() {
    for (rows, cause) in [
        ("rows = []", "`rows` holds 0 conditions"),
        (r#"rows = [{ column = "state", op = "=", value = 1 }]"#, "asks for the column `state`"),
        (r#"rows = [{ column = "status", op = "like", value = "x" }]"#, "unknown operator `like`"),
        (r#"rows = [{ column = "status", op = "=" }]"#, "exactly one of"),
        (r#"rows = [{ column = "status", op = "=", value = 1, principal = "person" }]"#, "exactly one of"),
        (r#"rows = [{ column = "status", op = "=", value = 1.5 }]"#, "a text or a whole number"),
        (r#"rows = [{ column = "status", op = "=", value = true }]"#, "a text or a whole number"),
        (r#"rows = [{ column = "status", op = "=", value = "a\u0000b" }]"#, "NUL"),
        (r#"rows = [{ column = "status", op = "in", value = 1 }]"#, "`in` wants `values`"),
        (r#"rows = [{ column = "status", op = "in", values = [] }]"#, "`values` holds 0"),
        (r#"rows = [{ column = "status", op = "=", values = [1] }]"#, "exactly one of"),
        (r#"rows = [{ column = "status", op = "<", principal = "person" }]"#, "with `=` or `!=`"),
        (r#"rows = [{ column = "status", op = "=", principal = "role" }]"#, "a principal has no `role`"),
        (r#"rows = [{ column = "status", op = "=", value = 1, or = 2 }]"#, "unknown field `or`"),
        (r#"row = [{ column = "status", op = "=", value = 1 }]"#, "a list where a column has a word"),
        ("rows = { column = \"status\" }", "a column has a word in quotes"),
    ] {
        let error = Policy::load(&files(rows), &house::tools()).expect_err(rows);
        let problem = &error.problems()[0];
        assert!(problem.cause.contains(cause), "{rows}: {problem}");
        assert_eq!(problem.file, "data.toml");
        assert!(!problem.hint.is_empty());
    }
    // A column may have this name.
    assert!(conditions(&policy("rows = \"clear\""), "ana").is_empty());
}
