//! Manifest and plans over the sample company, by the public interface alone.

use connector_sql::{DatabaseQuery, MaskKey, Source, TOOL, create_company};
use domain::{Json, JsonLimits, Refusal, RefusalCode, Secret};
use execute::Connector;
use manifest::{
    Arguments, ColumnView, DataView, Effect, IsolationTier, MaskKind, Plan, Prepare, TableView, Treatment,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tempfile::TempDir;

fn tool() -> (DatabaseQuery, TempDir) {
    let directory = TempDir::new().unwrap();
    let paths = create_company(directory.path()).unwrap();
    let source = |name: &str, path| Source::open(name.parse().unwrap(), path).unwrap();
    let sources =
        [source("customer_database", &paths.customer_database), source("metrics_db", &paths.metrics_db)];
    (DatabaseQuery::new(sources, MaskKey::new(Secret::new([3; 32]))).unwrap(), directory)
}

/// What the analyst of the sample company may see.
fn analyst() -> DataView {
    use MaskKind::{Email, KeepLast4, Token, Year};
    use Treatment::{Clear, Mask};
    let table = |name: &str, columns: &[(&str, Treatment)]| {
        let columns = columns
            .iter()
            .map(|(name, treatment)| ((*name).to_owned(), ColumnView { treatment: *treatment }));
        (name.to_owned(), TableView { columns: columns.collect(), rows: Vec::new() })
    };
    let tables = BTreeMap::from([
        table(
            "customers",
            &[
                ("id", Clear),
                ("name", Clear),
                ("email", Mask(Email)),
                ("phone", Mask(KeepLast4)),
                ("birth_date", Mask(Year)),
                ("city", Clear),
            ],
        ),
        table(
            "orders",
            &[
                ("id", Clear),
                ("customer_id", Clear),
                ("status", Clear),
                ("total_cents", Clear),
                ("created_at", Clear),
            ],
        ),
        table(
            "payments",
            &[
                ("id", Clear),
                ("order_id", Clear),
                ("card_number", Mask(KeepLast4)),
                ("iban", Mask(Token)),
                ("amount_cents", Clear),
            ],
        ),
    ]);
    DataView::new("customer_database".parse().unwrap(), tables)
}

fn prepare(tool: &DatabaseQuery, arguments: Value) -> Result<Plan, Refusal> {
    let json = Json::parse(arguments.to_string().as_bytes(), JsonLimits::MESSAGE).unwrap();
    tool.prepare(&Arguments::new(Some(json)).unwrap(), &analyst())
}

#[test]
fn the_manifest_says_what_the_tool_is() {
    let (tool, _directory) = tool();
    let tool: Box<dyn Connector> = Box::new(tool);
    let manifest = tool.manifest();
    assert_eq!(manifest.name().as_str(), TOOL);
    assert_eq!((manifest.effect(), manifest.isolation()), (Effect::Read, IsolationTier::Connector));
    assert_eq!(manifest.groups(), ["data"]);
    let attributes: Vec<&str> = manifest.attributes().iter().map(|attribute| attribute.name).collect();
    assert_eq!(attributes, ["resource", "operation", "max_rows", "tables"]);
}

#[test]
fn the_input_schema_takes_calls_and_refuses_others() {
    let (tool, _directory) = tool();
    let schema = &tool.manifest().definition().input_schema;
    let validator = jsonschema::draft202012::new(schema).unwrap();
    let fits = |arguments: Value| validator.is_valid(&arguments);
    assert!(fits(json!({ "resource": "a", "sql": "SELECT 1" })));
    assert!(fits(
        json!({ "resource": "a", "operation": "query", "sql": "SELECT ?", "params": ["x", 1, 1.5, true, null], "max_rows": 1000 })
    ));
    for wrong in [
        json!({ "sql": "SELECT 1" }),
        json!({ "resource": "a" }),
        json!({ "resource": "a b", "sql": "SELECT 1" }),
        json!({ "resource": "a", "sql": "" }),
        json!({ "resource": "a", "sql": "SELECT 1", "operation": "write" }),
        json!({ "resource": "a", "sql": "SELECT 1", "max_rows": 0 }),
        json!({ "resource": "a", "sql": "SELECT 1", "max_rows": 1001 }),
        json!({ "resource": "a", "sql": "SELECT 1", "params": [[1]] }),
        json!({ "resource": "a", "sql": "SELECT 1", "more": 1 }),
        json!({ "resource": "a", "sql": "x".repeat(40_000) }),
    ] {
        assert!(!fits(wrong.clone()), "{wrong:.100}");
    }
}

#[test]
fn the_demo_of_the_sample_company_can_be_planned() {
    let (tool, _directory) = tool();
    let plan = |sql: &str| prepare(&tool, json!({ "resource": "customer_database", "sql": sql }));
    let tables = |sql: &str| serde_json::to_value(plan(sql).unwrap().attributes()).unwrap()["tables"].clone();
    assert_eq!(tables("SELECT count(*) FROM orders WHERE status = 'pending'"), json!(["orders"]));
    assert_eq!(tables("SELECT name, email, phone, birth_date FROM customers"), json!(["customers"]));
    let denied = plan("SELECT person, amount_cents FROM salaries").unwrap_err();
    assert_eq!(denied.code(), RefusalCode::Denied);
    assert!(denied.public().contains("`salaries` is not available to you"), "{}", denied.public());
    assert_eq!(plan("SELECT national_id FROM customers").unwrap_err().code(), RefusalCode::Denied);
    let elsewhere =
        prepare(&tool, json!({ "resource": "metrics_db", "sql": "SELECT 1 FROM performance_metrics" }));
    assert_eq!(elsewhere.unwrap_err().code(), RefusalCode::Denied);
}

#[test]
fn a_source_tells_what_it_has() {
    let (tool, _directory) = tool();
    let sources: Vec<_> = tool.sources().map(|source| (source.name().to_string(), source.tables())).collect();
    assert_eq!(sources[1].0, "metrics_db");
    assert_eq!(sources[1].1[0].0, "performance_metrics");
    assert_eq!(sources[1].1[0].1, ["ts", "service", "p50_ms", "p99_ms", "errors"]);
    let names: Vec<&str> = sources[0].1.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["customers", "orders", "payments", "salaries"]);
}

#[test]
fn two_sources_of_one_name_are_an_error() {
    let directory = TempDir::new().unwrap();
    let paths = create_company(directory.path()).unwrap();
    let source = || Source::open("one".parse().unwrap(), &paths.metrics_db).unwrap();
    assert!(DatabaseQuery::new([source(), source()], MaskKey::new(Secret::new([0; 32]))).is_err());
}
