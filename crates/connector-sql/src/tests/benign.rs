//! Queries of honest analysts: they run, and their results are right.

use super::world::{ONE, World};
use serde_json::{Value, json};

/// A statement and its rows.
fn cases() -> Vec<(&'static str, Value)> {
    vec![
        ("SELECT count(*) FROM orders WHERE status = 'pending'", json!([[20]])),
        (
            "SELECT status, count(*) AS n FROM orders GROUP BY status ORDER BY n, status",
            json!([["paid", 20], ["pending", 20]]),
        ),
        ("SELECT id, name, city FROM customers WHERE id = 7", json!([[7, "Name 7", "L'Aquila"]])),
        (
            "SELECT email, phone, birth_date FROM customers WHERE id = 1",
            json!([["a***@example.com", "***********5501", "1980"]]),
        ),
        ("SELECT notes FROM customers WHERE id = 1", json!([[null]])),
        (
            "SELECT city, count(*) FROM customers GROUP BY city ORDER BY city",
            json!([["Kyiv", 10], ["L'Aquila", 10], ["Lima", 10], ["Oslo", 10]]),
        ),
        (
            "SELECT c.name, o.total_cents FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id = 2 ORDER BY 2",
            json!([["Name 2", 100], ["Name 2", 2100]]),
        ),
        (
            "SELECT count(*) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL",
            json!([[20]]),
        ),
        ("SELECT sum(total_cents) / 100.0 FROM orders", json!([[820.0]])),
        (
            "SELECT round(avg(total_cents), 1), min(total_cents), max(total_cents) FROM orders",
            json!([[2050.0, 100, 4000]]),
        ),
        (
            "SELECT customer_id, sum(total_cents) AS spent FROM orders GROUP BY customer_id HAVING spent > 5000 ORDER BY spent DESC LIMIT 2",
            json!([[1, 6000], [20, 5800]]),
        ),
        (
            "WITH big AS (SELECT * FROM orders WHERE total_cents > 3500) SELECT count(*) FROM big",
            json!([[5]]),
        ),
        (
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 4) SELECT x FROM n",
            json!([[1], [2], [3], [4]]),
        ),
        (
            "SELECT id FROM orders WHERE id IN (SELECT order_id FROM payments WHERE amount_cents > 1900) ORDER BY id",
            json!([[39], [40]]),
        ),
        (
            "SELECT id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.total_cents >= 3900) ORDER BY id",
            json!([[1], [20]]),
        ),
        (
            "SELECT name FROM customers WHERE name LIKE 'Name 1_' ORDER BY id LIMIT 2",
            json!([["Name 10"], ["Name 11"]]),
        ),
        (
            "SELECT name FROM customers WHERE name GLOB 'Name [4]*' ORDER BY id",
            json!([["Name 4"], ["Name 40"]]),
        ),
        ("SELECT DISTINCT city FROM customers ORDER BY 1 DESC LIMIT 1", json!([["Oslo"]])),
        ("SELECT id FROM customers WHERE city = 'L''Aquila' ORDER BY id LIMIT 1", json!([[3]])),
        (
            "SELECT upper(city), lower(city), length(city) FROM customers WHERE id = 1",
            json!([["LIMA", "lima", 4]]),
        ),
        ("SELECT substr(name, 6) || '!' FROM customers WHERE id = 12", json!([["12!"]])),
        (
            "SELECT CASE WHEN total_cents >= 2000 THEN 'big' ELSE 'small' END AS size, count(*) FROM orders GROUP BY size ORDER BY size",
            json!([["big", 21], ["small", 19]]),
        ),
        (
            "SELECT coalesce(NULL, 'x'), ifnull(NULL, 2), nullif(1, 1), iif(1 > 2, 'a', 'b')",
            json!([["x", 2, null, "b"]]),
        ),
        (
            "SELECT date('2026-02-28', '+1 day'), strftime('%Y', '2026-05-01'), julianday('2000-01-01') > 2451544",
            json!([["2026-03-01", "2026", 1]]),
        ),
        (
            "SELECT id, row_number() OVER (ORDER BY total_cents DESC) FROM orders ORDER BY id DESC LIMIT 2",
            json!([[40, 1], [39, 2]]),
        ),
        (
            "SELECT id, sum(total_cents) OVER (ORDER BY id ROWS 1 PRECEDING) FROM orders ORDER BY id LIMIT 2",
            json!([[1, 100], [2, 300]]),
        ),
        (
            "SELECT city, max(id) OVER (PARTITION BY city) FROM customers ORDER BY id LIMIT 1",
            json!([["Lima", 37]]),
        ),
        ("SELECT group_concat(id, '-') FROM (SELECT id FROM orders ORDER BY id LIMIT 3)", json!([["1-2-3"]])),
        (
            "SELECT json_group_array(id) FROM (SELECT id FROM orders ORDER BY id LIMIT 3)",
            json!([["[1,2,3]"]]),
        ),
        ("SELECT value FROM json_each('[5, \"x\", null]')", json!([[5], ["x"], [null]])),
        ("SELECT json_extract('{\"a\": {\"b\": 3}}', '$.a.b'), '{\"k\": 1}' ->> 'k'", json!([[3, 1]])),
        ("SELECT key, atom FROM json_tree('{\"a\": 1}') WHERE atom IS NOT NULL", json!([["a", 1]])),
        ("VALUES (1, 'a'), (2, 'b')", json!([[1, "a"], [2, "b"]])),
        (
            "SELECT id FROM orders WHERE id <= 2 UNION SELECT id FROM payments WHERE id = 40 ORDER BY 1",
            json!([[1], [2], [40]]),
        ),
        ("SELECT id FROM orders EXCEPT SELECT id FROM orders WHERE id > 1", json!([[1]])),
        ("SELECT id FROM orders INTERSECT SELECT 5", json!([[5]])),
        ("SELECT 1 + 1, 7 / 2, 7 % 2, 2.5 * 2, -3, 1 = 1, NULL IS NULL", json!([[2, 3, 1, 5.0, -3, 1, 1]])),
        (
            "SELECT 9223372036854775807, -9223372036854775807 - 1, 1e400, -1e400, 0.1",
            json!([[i64::MAX, i64::MIN, "Infinity", "-Infinity", 0.1]]),
        ),
        ("SELECT x'00ff', 'ünï', '', char(9731)", json!([["base64:AP8=", "ünï", "", "☃"]])),
        ("SELECT id -- the comment\nFROM /* another; one */ orders WHERE id = 1;", json!([[1]])),
        ("  ;SELECT 1", json!([[1]])),
        ("SELECT * FROM orders AS \"the orders\" WHERE \"the orders\".id = 1", json!([[1, 2, "paid", 100]])),
        ("SELECT [id], `status` FROM \"orders\" WHERE \"id\" = 2", json!([[2, "pending"]])),
        ("SELECT Customers.ID FROM CUSTOMERS WHERE customers.id = 3", json!([[3]])),
        ("SELECT * FROM temp.seats WHERE room = 'room 4'", json!([["room 4"]])),
        ("SELECT count(*) FROM customers WHERE email = 'a***@example.com'", json!([[40]])),
        ("SELECT birth_date, count(*) FROM customers GROUP BY birth_date", json!([["1980", 40]])),
        (
            "SELECT typeof(id), typeof(name), typeof(1.5), typeof(NULL), typeof(x'00') FROM customers WHERE id = 1",
            json!([["integer", "text", "real", "null", "blob"]]),
        ),
        (
            "SELECT count(*) FILTER (WHERE status = 'paid'), total(total_cents) FROM orders",
            json!([[20, 82000.0]]),
        ),
        (
            "SELECT hex('az'), unhex('617a') = x'617a', instr('hello', 'l'), replace('aba', 'a', 'c'), trim('  x '), printf('%05.1f', 2.25)",
            json!([["617A", 1, 3, "cbc", "x", "002.3"]]),
        ),
        (
            "SELECT trim('xaxbx', 'x'), ltrim('éaé', 'é'), rtrim(1200, '0'), trim(NULL, 'x'), trim('x', NULL), trim('  a ', ' '), trim('abc', '')",
            json!([["axb", "aé", "12", null, null, "a", "abc"]]),
        ),
        (
            "SELECT hex(unhex('61-62 63', '- ')), unhex('6-1', '-'), unhex('616', ''), hex(unhex('')), unhex(NULL, 'x')",
            json!([["616263", null, null, "", null]]),
        ),
        (
            "SELECT c.id FROM customers c JOIN orders o USING (id) JOIN payments p USING (id) WHERE c.id = 9",
            json!([[9]]),
        ),
        (
            "SELECT a.id, b.id FROM seats x CROSS JOIN orders a JOIN orders b ON b.id = a.id + 1 WHERE a.id = 1 AND x.room = 'room 1'",
            json!([[1, 2]]),
        ),
        ("SELECT id FROM orders ORDER BY id LIMIT 2 OFFSET 5", json!([[6], [7]])),
        ("SELECT (SELECT max(id) FROM orders), (SELECT count(*) FROM payments)", json!([[40, 40]])),
        ("WITH customers AS (SELECT 1 AS id) SELECT * FROM customers", json!([[1]])),
    ]
}

#[test]
fn every_honest_query_runs_and_is_right() {
    let world = World::new(ONE);
    let before = world.state();
    let cases = cases();
    for (sql, rows) in &cases {
        let answer = world.ask(sql).unwrap_or_else(|refusal| panic!("{sql}: {refusal} {}", refusal.public()));
        assert_eq!(&answer["rows"], rows, "{sql}");
        assert_eq!(answer["row_count"].as_u64().unwrap() as usize, rows.as_array().unwrap().len(), "{sql}");
        assert_eq!(answer["truncated"], false, "{sql}");
    }
    println!("{} queries", cases.len());
    assert!(cases.len() >= 40);
    assert_eq!(world.state(), before);
}

#[test]
fn parameters_are_values_and_nothing_else() {
    let world = World::new(ONE);
    let ask = |sql: &str, params: Value| {
        world.ask_with(json!({ "resource": "shop", "sql": sql, "params": params }))
    };
    let rows = |sql: &str, params: Value| ask(sql, params).unwrap()["rows"].clone();
    assert_eq!(rows("SELECT name FROM customers WHERE id = ?", json!([3])), json!([["Name 3"]]));
    assert_eq!(
        rows("SELECT ?1, ?2, ?3, ?4, ?5", json!(["a", 1.5, true, false, null])),
        json!([["a", 1.5, 1, 0, null]])
    );
    assert_eq!(rows("SELECT :a || @b || $c", json!(["x", "y", "z"])), json!([["xyz"]]));
    assert_eq!(
        rows("SELECT count(*) FROM customers WHERE city = ?", json!(["Oslo' OR 1=1 --"])),
        json!([[0]])
    );
    assert_eq!(rows("SELECT ?1 + ?1", json!([21])), json!([[42]]));
    assert!(ask("SELECT ?", json!([])).is_err());
    assert!(ask("SELECT 1", json!([1])).is_err());
    assert!(ask("SELECT * FROM ?", json!(["orders"])).is_err());
}

#[test]
fn columns_say_whether_they_are_masked() {
    let world = World::new(ONE);
    let masked = |sql: &str| -> Vec<bool> {
        let answer = world.ask(sql).unwrap();
        answer["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| column["masked"].as_bool().unwrap())
            .collect()
    };
    assert_eq!(masked("SELECT id, email, city FROM customers"), [false, true, false]);
    assert_eq!(masked("SELECT e, c FROM (SELECT email AS e, city AS c FROM customers)"), [true, false]);
    assert_eq!(masked("WITH x AS (SELECT iban, id FROM payments) SELECT * FROM x"), [true, false]);
    assert_eq!(masked("SELECT upper(email), count(*) FROM customers"), [true, true]);
    assert_eq!(masked("SELECT count(*), max(city) FROM customers"), [false, false]);
    assert_eq!(masked("SELECT city FROM customers UNION SELECT email FROM customers"), [true]);
    assert_eq!(masked("SELECT city FROM customers UNION SELECT status FROM orders"), [false]);
    assert_eq!(masked("SELECT (SELECT email FROM customers LIMIT 1), 1"), [true, true]);
    assert_eq!(masked("SELECT v.x FROM (SELECT email AS x FROM customers) AS v"), [true]);
}

#[test]
fn the_plan_names_the_tables_that_the_statement_reads() {
    let world = World::new(ONE);
    let tables = |sql: &str| {
        let plan = world.plan(json!({ "resource": "shop", "sql": sql })).unwrap();
        serde_json::to_value(plan.attributes()).unwrap()["tables"].clone()
    };
    assert_eq!(tables("SELECT 1"), json!([]));
    assert_eq!(tables("SELECT count(*) FROM ORDERS"), json!(["orders"]));
    assert_eq!(
        tables("SELECT name FROM customers WHERE id IN (SELECT customer_id FROM orders)"),
        json!(["customers", "orders"])
    );
    assert_eq!(
        tables("WITH x AS (SELECT 1 FROM payments) SELECT count(*) FROM x, temp.lockers"),
        json!(["lockers", "payments"])
    );
}

#[test]
fn results_fit_the_output_schema() {
    use manifest::Prepare as _;
    let world = World::new(ONE);
    let schema = world.tool.manifest().definition().output_schema.clone().unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for (sql, _) in cases() {
        let answer = world.ask(sql).unwrap();
        assert!(validator.is_valid(&answer), "{sql}: {answer}");
    }
}
