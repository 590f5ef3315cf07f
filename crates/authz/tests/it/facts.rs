//! Who can do what, why, and which rules decide nothing.

use crate::house;
use authz::{
    CheckReport, Ends, Fact, Policy, PolicyFiles, Question, Rows, check, difference, explain, matrix,
};
use std::collections::BTreeSet;

/// The shipped folder with one text replaced or added.
fn files(name: &str, change: impl Fn(&str) -> String) -> PolicyFiles {
    let names = ["schema.cedarschema", "roles.toml", "data.toml", "guardrails.cedar", "matrix.tsv"];
    let text = |name: &str| {
        std::fs::read_to_string(format!("{}/../../policies/{name}", env!("CARGO_MANIFEST_DIR")))
            .unwrap_or_default()
    };
    let mut texts: Vec<(String, String)> =
        names.iter().map(|name| ((*name).to_owned(), text(name))).collect();
    match texts.iter_mut().find(|(known, _)| known == name) {
        Some((_, text)) => *text = change(text),
        None => texts.push((name.to_owned(), change(""))),
    }
    PolicyFiles::from_texts(texts).expect("the files")
}

fn policy(name: &str, change: impl Fn(&str) -> String) -> Policy {
    Policy::load(&files(name, change), &house::tools()).expect("a policy")
}

fn shipped() -> Policy {
    policy("roles.toml", str::to_owned)
}

fn report(name: &str, change: impl Fn(&str) -> String) -> CheckReport {
    check(&files(name, change), &house::tools()).expect("a report")
}

fn answer<'a>(facts: &'a BTreeSet<Fact>, who: &str, what: &str) -> Option<&'a str> {
    facts.iter().find(|fact| fact.who == who && fact.what == what).map(|fact| fact.answer.as_str())
}

#[test]
fn the_matrix_says_what_each_role_can_do() {
    let facts = matrix(&shipped(), Rows::Roles);
    let of = |who, what| answer(&facts, who, what);
    assert_eq!(of("role:analyst", "tool:echo"), Some("run"));
    assert_eq!(of("role:analyst", "tool:python-runner"), None);
    assert_eq!(of("role:developer", "tool:python-runner"), Some("by-arguments"));
    assert_eq!(of("role:admin", "tool:echo"), None);
    assert_eq!(of("role:analyst", "column:customer_database.customers.email"), Some("mask:email"));
    assert_eq!(of("role:analyst", "column:customer_database.customers.national_id"), None);
    assert_eq!(of("role:developer", "column:customer_database.customers.name"), None);
    assert_eq!(of("role:approver", "may:approve"), Some("yes"));
    assert_eq!(of("role:analyst", "may:approve"), None);
    let people = matrix(&shipped(), Rows::People);
    assert_eq!(answer(&people, "person:ana", "tool:echo"), Some("run"));
    assert!(people.iter().all(|fact| fact.through == "client:quickstart"));
}

/// A right that a rule gives past the roles' rows is in the matrix.
#[test]
fn the_matrix_shows_named_people_and_what_goes_beyond_a_call() {
    let base = matrix(&shipped(), Rows::Roles);
    let with = |rules: &str| {
        let policy = policy("more.cedar", |_| rules.to_owned());
        difference(&base, &matrix(&policy, Rows::Roles)).gained
    };
    for action in ["seeUnredacted", "runInProcess", "callWithoutConfirm"] {
        let gained = with(&format!("permit(principal, action == Action::\"{action}\", resource);"));
        let what = format!("{action}:echo");
        assert!(gained.iter().any(|fact| fact.who == "role:analyst" && fact.what == what), "{gained:#?}");
    }
    let gained = with(
        "permit(principal == Person::\"acme/mallory\", action in [Action::\"call\", Action::\"callWith\", \
         Action::\"callWithoutApproval\"], resource == Tool::\"python-runner\");",
    );
    assert_eq!(
        answer(&gained.iter().cloned().collect(), "person:mallory", "tool:python-runner"),
        Some("run")
    );
    let gained = with("permit(principal == Client::\"acme/sideways\", action, resource == Tool::\"echo\");");
    assert!(gained.iter().any(|fact| fact.through == "client:sideways" && fact.what == "tool:echo"));
    // What nobody of the rows has shows in the check of a folder that keeps its matrix.
    let rules = "permit(principal, action == Action::\"seeUnredacted\", resource);";
    let report = report("more.cedar", |_| rules.to_owned());
    assert!(!report.failed.is_empty(), "{report:#?}");
}

/// What the matrix says of a tool is what a call gets, where arguments do not matter.
#[test]
fn the_matrix_and_an_explanation_agree() {
    let policy = shipped();
    let facts = matrix(&policy, Rows::People);
    for person in ["ana", "dev", "sam", "root"] {
        for tool in house::tools() {
            let question = question(
                serde_json::json!({ "person": person, "client": "quickstart", "tool": tool.name() }),
            );
            let found = explain(&policy, &question).expect("an explanation").decision;
            let expected = match answer(&facts, &format!("person:{person}"), &format!("tool:{}", tool.name()))
            {
                None => Some(Ends::UnknownTool),
                Some("run") => Some(Ends::Allow),
                Some("approval") => Some(Ends::Pending),
                Some("denied") => Some(Ends::Deny),
                Some(_) => None,
            };
            assert!(expected.is_none_or(|expected| expected == found), "{person} {}: {found}", tool.name());
            assert_eq!(found == Ends::UnknownTool, expected == Some(Ends::UnknownTool));
        }
    }
}

#[test]
fn a_changed_row_shows_as_what_is_gained_and_lost() {
    let old = matrix(&shipped(), Rows::People);
    let change = |text: &str| text.replace("ana  = [\"analyst\"]", "ana  = [\"approver\"]");
    let new = matrix(&policy("roles.toml", change), Rows::People);
    let found = difference(&old, &new);
    let gained: Vec<String> = found.gained.iter().map(ToString::to_string).collect();
    assert_eq!(gained, ["person:ana\tclient:quickstart\tmay:approve\tyes"]);
    assert!(found.lost.iter().all(|fact| fact.who == "person:ana"));
    assert!(found.lost.iter().any(|fact| fact.what == "column:customer_database.customers.name"));
    assert_eq!(difference(&old, &old), authz::Difference::default());
}

#[test]
fn a_kept_matrix_that_does_not_hold_fails_the_check() {
    let kept = report("roles.toml", str::to_owned);
    assert!(kept.passed.contains(&"matrix.tsv".to_owned()) && kept.failed.is_empty(), "{:#?}", kept.failed);
    let changed = report("roles.toml", |text| {
        text.replace("may   = [\"approve\"]", "may   = [\"approve\", \"audit\"]")
    });
    assert_eq!(changed.failed.len(), 1);
    assert_eq!(changed.failed[0].case, "matrix.tsv");
    assert_eq!(changed.failed[0].differences, ["+ role:approver\tclass:trusted\tmay:audit\tyes"]);
}

#[test]
fn rules_that_decide_nothing_are_named() {
    assert_eq!(report("roles.toml", str::to_owned).lints, []);
    let of = |text: &'static str| {
        let lints = report("more.cedar", |_| text.to_owned()).lints;
        lints.into_iter().map(|lint| (lint.rule, lint.cause)).collect::<Vec<_>>()
    };
    let shadowed = of(
        "@id(\"all\") permit (principal in Role::\"analyst\", action == Action::\"read\", resource == Table::\"customer_database.salaries\");",
    );
    assert_eq!(shadowed.len(), 1, "{shadowed:?}");
    assert_eq!(shadowed[0].0, "more.cedar:all");
    assert!(shadowed[0].1.contains("`guardrails.cedar:salaries-stay-closed`"), "{shadowed:?}");
    // Half of what it permits is open.
    let half = of(
        "@id(\"half\") permit (principal in Role::\"analyst\", action == Action::\"read\", resource in Resource::\"customer_database\");",
    );
    assert_eq!(half, []);
    // A forbid with a condition may not apply, so it shadows nothing.
    let conditional = of(
        "@id(\"maybe\") permit (principal in Role::\"developer\", action == Action::\"callWith\", resource == Tool::\"database-query\");",
    );
    assert_eq!(conditional, []);
    let dead = of(
        "@id(\"nobody\") permit (principal == Person::\"acme/gone\", action == Action::\"call\", resource == Tool::\"echo\");",
    );
    assert_eq!(dead.len(), 1, "{dead:?}");
    assert!(dead[0].1.starts_with("dead: "), "{dead:?}");
}

#[test]
fn an_explanation_names_every_question_and_its_rules() {
    let asked =
        |question: serde_json::Value| explain(&shipped(), &self::question(question)).expect("an explanation");
    let waits = asked(serde_json::json!({
        "person": "dev", "client": "quickstart", "tool": "python-runner",
        "attributes": { "network": false, "timeout_ms": 60000 },
    }));
    assert_eq!(waits.decision, Ends::Pending);
    let questions: Vec<&str> = waits.asked.iter().map(|asked| asked.action).collect();
    assert_eq!(questions, ["call", "callWith", "callWithoutApproval"]);
    assert!(!waits.asked[2].person.allowed && waits.asked[2].client.allowed);
    let closed = asked(serde_json::json!({
        "person": "ana", "client": "quickstart", "tool": "database-query",
        "resource": "customer_database", "tables": ["salaries"],
    }));
    assert_eq!(
        (closed.decision, closed.reasons.as_slice()),
        (Ends::Deny, ["guardrails.cedar:salaries-stay-closed".to_owned()].as_slice())
    );
    assert_eq!(closed.columns.get("customers.email").map(String::as_str), Some("mask:email"));
    assert!(!closed.columns.contains_key("customers.national_id"));
    assert!(
        explain(&shipped(), &question(serde_json::json!({ "person": "ana", "client": "quickstart" })))
            .is_err()
    );
}

fn question(json: serde_json::Value) -> Question {
    serde_json::from_value(json).expect("a question")
}
