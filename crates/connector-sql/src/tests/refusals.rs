//! What a caller reads when it is refused, and what it cannot tell from it.

use super::world::{ONE, World, arguments_of, shown};
use domain::RefusalCode::{self, Denied, InvalidArguments, LimitExceeded};
use manifest::{DataView, Prepare};
use serde_json::{Value, json};

#[test]
fn what_is_denied_reads_like_what_never_was() {
    let world = World::new(ONE);
    let pairs = [
        ("salaries", "nosuchtb", "SELECT * FROM {}"),
        ("salaries", "nosuchtb", "SELECT count(*) FROM {}"),
        ("salaries", "nosuchtb", "SELECT * FROM main.{}"),
        ("salaries", "nosuchtb", "SELECT a.x FROM orders JOIN {} AS a"),
        ("salaries", "nosuchtb", "DELETE FROM {}"),
        ("salaries", "nosuchtb", "DROP TABLE {}"),
        ("salaries", "nosuchtb", "INSERT INTO {} VALUES (1, 2)"),
        ("salaries", "nosuchtb", "UPDATE {} SET x = 1"),
        ("salaries", "nosuchtb", "CREATE TABLE {} (x)"),
        ("salaries", "nosuchtb", "CREATE TABLE main.{} (x)"),
        ("salaries", "nosuchtb", "CREATE TEMP VIEW v AS SELECT * FROM {}"),
        ("salaries", "nosuchtb", "ALTER TABLE {} RENAME TO y"),
        ("salaries", "nosuchtb", "PRAGMA table_info({})"),
        ("salaries", "nosuchtb", "SELECT * FROM pragma_table_info('{}')"),
        ("salaries", "nosuchtb", "ANALYZE {}"),
        ("salaries", "nosuchtb", "REINDEX {}"),
        ("salaries", "nosuchtb", "SELECT 1 IN {}"),
        ("salaries", "nosuchtb", "WITH {} AS (SELECT 1 AS x) SELECT x FROM {}"),
        ("salaries", "nosuchtb", "WITH x AS (SELECT * FROM {}) SELECT 1"),
        ("everything", "nosuchtabl", "SELECT * FROM {}"),
        ("pages", "nosuc", "SELECT * FROM {}('x')"),
        ("pages_data", "nosuchtabl", "SELECT * FROM {}"),
        ("sqlite_stat1", "sqlite_stat9", "SELECT * FROM {}"),
        ("by_city", "nosuchi", "SELECT * FROM customers INDEXED BY {}"),
        ("by_city", "nosuchi", "DROP INDEX {}"),
        ("national_id", "nosuchcolmn", "SELECT {} FROM customers"),
        ("national_id", "nosuchcolmn", "SELECT customers.{} FROM customers"),
        ("national_id", "nosuchcolmn", "SELECT id FROM customers WHERE {} = 1"),
        ("national_id", "nosuchcolmn", "SELECT id FROM customers ORDER BY {}"),
        ("national_id", "nosuchcolmn", "SELECT id FROM customers JOIN orders USING ({})"),
        ("national_id", "nosuchcolmn", "SELECT \"{}\" FROM customers"),
        ("label", "nosch", "SELECT {} FROM customers"),
        ("badge", "nosch", "SELECT {} FROM customers"),
    ];
    for (there, nowhere, template) in pairs {
        let text = |name: &str| shown(&world.ask(&template.replace("{}", name))).replace(name, "NAME");
        assert_eq!(text(there), text(nowhere), "{template}");
    }
}

#[test]
fn codes_and_hints_tell_what_to_do() {
    let world = World::new(ONE);
    let check = |sql: &str, code: RefusalCode, hint: &str| {
        let refusal = world.ask(sql).unwrap_err();
        assert_eq!(refusal.code(), code, "{sql}: {refusal}");
        assert!(refusal.public().contains(hint), "{sql}: {}", refusal.public());
    };
    check(
        "SELECT * FROM salaries",
        Denied,
        "`salaries` is not available to you. You can read: customers(id, name,",
    );
    check("SELECT c.nosuch FROM customers c", Denied, "`c.nosuch` is not available to you");
    check("SELECT \"nosuch\" FROM customers", Denied, "`nosuch` is not available to you");
    check("DELETE FROM orders", Denied, "Only a SELECT");
    check("ATTACH 'x' AS y", Denied, "Only a SELECT");
    check("SELECT load_extension('x')", Denied, "`load_extension` cannot be used here");
    check("SELECT nofunction(1)", InvalidArguments, "no such function: nofunction");
    check("SELEC 1", InvalidArguments, "At /sql: near \"SELEC\": syntax error");
    check("SELECT id FROM customers, orders", InvalidArguments, "ambiguous column name: id");
    check("", InvalidArguments, "found none");
    check("SELECT 1; SELECT 2", InvalidArguments, "exactly one statement");
    check("SELECT abs(-9223372036854775808)", InvalidArguments, "failed while it ran");
    check("SELECT json('{')", InvalidArguments, "failed while it ran");
    check(&format!("SELECT {}", ["1"; 600].join("+")), LimitExceeded, "statement_complexity");
}

#[test]
fn arguments_outside_the_schema_are_refused_here_too() {
    let world = World::new(ONE);
    let check = |change: Value, place: &str| {
        let mut arguments = json!({ "resource": "shop", "sql": "SELECT 1" });
        arguments.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refusal = world.plan(arguments).unwrap_err();
        assert_eq!(refusal.code(), InvalidArguments, "{change}");
        assert!(refusal.public().contains(place), "{change}: {}", refusal.public());
    };
    check(json!({ "resource": 5 }), "/resource");
    check(json!({ "resource": "a b" }), "/resource");
    check(json!({ "operation": "write" }), "/operation");
    check(json!({ "operation": null }), "/operation");
    check(json!({ "sql": 5 }), "/sql");
    check(json!({ "sql": "SELECT '\u{0}'" }), "/sql");
    check(json!({ "sql": format!("SELECT '{}'", "x".repeat(33_000)) }), "/sql");
    check(json!({ "params": "x" }), "/params");
    check(json!({ "params": [[1]] }), "/params");
    check(json!({ "params": vec![1; 101] }), "/params");
    check(json!({ "params": [18_446_744_073_709_551_615u64] }), "/params");
    check(json!({ "params": ["x".repeat(17_000)] }), "/params");
    check(json!({ "max_rows": 0 }), "/max_rows");
    check(json!({ "max_rows": 1001 }), "/max_rows");
    check(json!({ "max_rows": 1.0 }), "/max_rows");
    check(json!({ "rows": 1 }), "Expected only");
}

#[test]
fn a_resource_without_source_or_view_is_denied() {
    let world = World::new(ONE);
    let ask = |resource: &str, view: &DataView| {
        let arguments = arguments_of(json!({ "resource": resource, "sql": "SELECT 1" }));
        world.tool.prepare(&arguments, view).unwrap_err()
    };
    let view_of = |name: &str| DataView::new(name.parse().unwrap(), Default::default());
    let unknown = ask("vault", &view_of("vault"));
    assert_eq!(unknown.code(), Denied);
    assert_eq!(ask("shop", &view_of("shop")), unknown);
    assert_eq!(ask("shop", &world_view_of_another(&world)), unknown);
    assert_eq!(ask("shop", &DataView::none()), unknown);
    let target = |value: Value| world.tool.target(&arguments_of(value));
    assert_eq!(target(json!({ "resource": "vault" })).unwrap().unwrap().as_str(), "vault");
    assert!(target(json!({ "resource": "../vault" })).is_err());
    assert!(target(json!({})).is_err());
}

fn world_view_of_another(world: &World) -> DataView {
    DataView::new("vault".parse().unwrap(), world.view.tables().clone())
}

#[test]
fn a_plan_is_read_strictly() {
    let world = World::new(ONE);
    let plan =
        world.plan(json!({ "resource": "shop", "sql": "SELECT email FROM customers LIMIT 1" })).unwrap();
    let run = |bytes: Vec<u8>| {
        let plan = manifest::Plan::new(bytes, Default::default());
        world.runtime.block_on(world.run(&plan, std::time::Duration::from_secs(5)))
    };
    let text = String::from_utf8(plan.bytes().to_vec()).unwrap();
    run(text.clone().into_bytes()).unwrap();
    assert!(run(text.replace("\"version\":2", "\"version\":3").into_bytes()).is_err());
    assert!(run(text.replace("\"version\":2", "\"version\":2,\"more\":1").into_bytes()).is_err());
    assert!(run(text.get(1..).unwrap().into()).is_err());
    assert!(run(Vec::new()).is_err());
    // The same call gives the same bytes: an approval of one is an approval of the other.
    let again =
        world.plan(json!({ "sql": "SELECT email FROM customers LIMIT 1", "resource": "shop" })).unwrap();
    assert_eq!(plan.digest(), again.digest());
}
