//! Rows that the data policy leaves out are left out of every answer of a running server.

use crate::BINARY;
use crate::policy_reload::policy;
use serde_json::{Value, json};
use std::fs;
use testkit::{Server, modern};

async fn ask(server: &Server, token: &str, sql: &str) -> Value {
    let arguments = json!({ "resource": "customer_database", "sql": sql });
    let call = modern(1, "tools/call", json!({ "name": "database-query", "arguments": arguments }));
    server.post(Some(token), &call).await.json()["result"].clone()
}

async fn number(server: &Server, token: &str, sql: &str) -> i64 {
    let result = ask(server, token, sql).await;
    result["structuredContent"]["rows"][0][0].as_i64().unwrap_or_else(|| panic!("{sql}: {result}"))
}

fn filter(server: &Server, table: &str, rows: &str) {
    let path = server.folder().join("policies/data.toml");
    let text = fs::read_to_string(&path).unwrap();
    let head = format!("[customer_database.{table}]\n");
    assert_eq!(text.matches(&head).count(), 1);
    fs::write(&path, text.replace(&head, &format!("{head}rows = {rows}\n"))).unwrap();
}

#[tokio::test]
async fn a_row_filter_holds_for_every_statement_as_soon_as_it_is_accepted() {
    let server = Server::start(BINARY).await;
    let token = server.token("ana");
    let all = number(&server, &token, "SELECT count(*) FROM orders").await;
    let pending = number(&server, &token, "SELECT count(*) FROM orders WHERE status = 'pending'").await;
    assert!(0 < pending && pending < all);
    filter(&server, "orders", r#"[{ column = "status", op = "=", value = "pending" }]"#);
    filter(&server, "customers", r#"[{ column = "national_id", op = "=", principal = "person" }]"#);
    let before = policy(&server, &["versions"])["current"].clone();
    assert_ne!(policy(&server, &["accept"])["policy"], before, "the filter is part of the policy's hash");
    for (sql, expected) in [
        ("SELECT count(*) FROM orders", pending),
        ("SELECT count(*) FROM orders WHERE status <> 'pending'", 0),
        ("SELECT count(*) FROM (SELECT * FROM orders UNION ALL SELECT * FROM orders)", 2 * pending),
        ("SELECT count(DISTINCT status) FROM orders", 1),
        ("WITH o AS (SELECT id FROM orders) SELECT count(*) FROM o JOIN orders USING (id)", pending),
        (
            "SELECT count(*) FROM payments p LEFT JOIN orders o ON o.id = p.order_id WHERE o.status = 'shipped'",
            0,
        ),
        // Nobody's national id is `ana`; the column is not one that she sees.
        ("SELECT count(*) FROM customers", 0),
    ] {
        assert_eq!(number(&server, &token, sql).await, expected, "{sql}");
    }
    let denied = ask(&server, &token, "SELECT national_id FROM customers").await;
    assert_eq!(denied["isError"], true, "{denied}");
    let asked = server.command(&[
        "policy",
        "explain",
        "policies",
        "--person",
        "ana",
        "--client",
        "quickstart",
        "--tool",
        "database-query",
        "--resource",
        "customer_database",
        "--table",
        "orders",
    ]);
    let said = String::from_utf8(asked.stdout).unwrap();
    assert!(said.contains("rows of orders: status = \"pending\""), "{said}");
    assert!(said.contains("rows of customers: national_id = \"ana\""), "{said}");
}
