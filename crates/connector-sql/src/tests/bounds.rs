//! Rows, bytes, time, temporary files, cancel, and many queries at once.

use super::world::{ONE, World};
use domain::RefusalCode;
use serde_json::json;
use std::time::{Duration, Instant};

const ENDLESS: &str =
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";

#[test]
fn the_row_limit_cuts_and_says_so() {
    let world = World::new(ONE);
    let ask = |sql: &str, most: u32| {
        world.ask_with(json!({ "resource": "shop", "sql": sql, "max_rows": most })).unwrap()
    };
    let cut = ask("SELECT id FROM customers ORDER BY id", 39);
    assert_eq!((cut["row_count"].as_u64(), cut["truncated"].as_bool()), (Some(39), Some(true)));
    let whole = ask("SELECT id FROM customers ORDER BY id", 40);
    assert_eq!((whole["row_count"].as_u64(), whole["truncated"].as_bool()), (Some(40), Some(false)));
    let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n";
    assert_eq!(world.ask(endless).unwrap()["row_count"], 100);
    assert_eq!(ask(endless, 1000)["row_count"], 1000);
    assert_eq!(ask("SELECT id FROM customers WHERE 0", 1)["rows"], json!([]));
}

#[test]
fn a_result_of_too_many_bytes_is_refused_by_name() {
    let world = World::new(ONE);
    let wide = "SELECT printf('%.9000c', 'x') FROM customers, orders";
    let refusal = world.ask_with(json!({ "resource": "shop", "sql": wide, "max_rows": 1000 })).unwrap_err();
    assert_eq!((refusal.code(), refusal.limit()), (RefusalCode::LimitExceeded, Some("max_result_bytes")));
    let cell = world.ask("SELECT group_concat(printf('%.90000c', 'x')) FROM orders").unwrap_err();
    assert_eq!((cell.code(), cell.limit()), (RefusalCode::LimitExceeded, Some("max_cell_bytes")));
    // Signs that take many bytes in JSON count as what they take.
    let signs = "SELECT printf('%.40000c', char(1)), printf('%.40000c', '\"') FROM customers LIMIT 2";
    assert_eq!(world.ask(signs).unwrap_err().limit(), Some("max_result_bytes"));
    let most = "SELECT printf('%.60000c', '\"') FROM customers LIMIT 2";
    let output = execute::Output::of_structured(world.ask(most).unwrap());
    assert!(output.structured.to_string().len() + output.content[0].to_string().len() < 1024 * 1024);
    let blob = world.ask("SELECT CAST(printf('%.90000c', 'x') AS BLOB)").unwrap_err();
    assert_eq!((blob.code(), blob.limit()), (RefusalCode::LimitExceeded, Some("max_blob_bytes")));
}

#[test]
fn a_query_ends_at_its_deadline() {
    let world = World::new(ONE);
    let heavy =
        "SELECT count(*) FROM customers a, customers b, customers c, customers d, customers e, customers f";
    for sql in [ENDLESS, heavy] {
        let plan = world.plan(json!({ "resource": "shop", "sql": sql })).unwrap();
        let start = Instant::now();
        let refusal = world.runtime.block_on(world.run(&plan, Duration::from_millis(100))).unwrap_err();
        assert_eq!(refusal.code(), RefusalCode::Timeout);
        assert!(start.elapsed() < Duration::from_millis(600), "{:?}", start.elapsed());
    }
}

#[test]
fn one_call_of_a_function_cannot_hold_a_thread_for_long() {
    let world = World::new(ONE);
    for sql in [
        "SELECT instr(printf('%.90000c', 'a'), printf('%.45000c', 'a') || 'b')",
        "SELECT length(replace(printf('%.90000c', 'a'), printf('%.45000c', 'a') || 'b', ''))",
        "SELECT length(trim(printf('%.90000c', 'a'), printf('%.90000c', 'b')))",
        "SELECT length(ltrim(printf('%.90000c', 'a'), printf('%.7000c', 'b') || 'a'))",
        "SELECT length(rtrim(printf('%.90000c', 'a'), printf('%.7000c', 'b') || 'a'))",
        "SELECT length(trim(printf('%.90000c', 'a'), printf('%.90000c', 'b') || 'a'))",
        "SELECT length(unhex(printf('%.90000c', '.'), printf('%.90000c', '-') || '.'))",
        "SELECT printf('%.90000c', 'a') LIKE '%' || printf('%.900c', '_') || 'b'",
        "SELECT printf('%.90000c', 'a') GLOB '*[ab][ab][ab][ab][ab][ab][ab][ab][ab]*[ab][ab][ab]*c'",
        "SELECT strftime(replace(printf('%.30000c', 'a'), 'a', '%J'), 'now')",
        "SELECT length(json_set('{}', '$' || replace(printf('%.40000c', 'a'), 'a', '.a'), 1))",
        "SELECT length(json_extract(printf('[%.80000c]', '['), '$[0]'))",
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 40000)
         SELECT count(*), max(length(fullkey)) FROM json_tree((SELECT json_group_array(1) FROM n))",
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 6000)
         SELECT length(json_group_object('a' || x, 1)) FROM n",
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000)
         SELECT json_extract((SELECT json_group_array(1) FROM n), '$[#-1]', '$[19999]', '$[#-2]', '$[#-3]', '$[#-4]')",
        "SELECT length(soundex(printf('%.90000c', 'a'))), unicode(printf('%.90000c', 'a')), length(quote(printf('%.40000c', '''')))",
        "SELECT length(printf('%,.90000f %.90000g', 1e308, 1e-308)), length(printf('%90000.3s', 'x'))",
        "SELECT printf('%.90000c', 'a') LIKE '%a%a%a%a%a%a%a%a%a%a%b'",
        "SELECT printf('%.90000c', 'a') GLOB '*a*a*a*a*a*a*a*a*b'",
        "SELECT length(json_set(printf('[%.45000c0]', ' '), '$[0]', json(printf('[%.45000c0]', ' '))))",
    ] {
        let plan = world.plan(json!({ "resource": "shop", "sql": sql })).unwrap();
        let start = Instant::now();
        let outcome = world.runtime.block_on(world.run(&plan, Duration::from_millis(100)));
        println!("{:?} {:?} {sql}", start.elapsed(), outcome.map(|value| value["rows"].clone()));
        assert!(start.elapsed() < Duration::from_secs(4), "{:?}: {sql}", start.elapsed());
    }
}

#[test]
fn a_dropped_call_stops_its_query() {
    let world = World::new(ONE);
    let plan = world.plan(json!({ "resource": "shop", "sql": ENDLESS })).unwrap();
    // More cancelled queries than may run at once: were one of them still running, the last would wait for it.
    for _ in 0..40 {
        let waited = world.runtime.block_on(async {
            tokio::time::timeout(Duration::from_millis(5), world.run(&plan, Duration::from_secs(60))).await
        });
        assert!(waited.is_err());
    }
    let start = Instant::now();
    assert_eq!(world.ask("SELECT count(*) FROM orders").unwrap()["rows"], json!([[40]]));
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
}

#[test]
fn what_spills_to_disk_is_bounded() {
    let world = World::new(ONE);
    let sql = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000)
        SELECT length(y) FROM (SELECT printf('%.80000c', 'a') || x AS y FROM n ORDER BY y DESC)";
    let plan = world.plan(json!({ "resource": "shop", "sql": sql })).unwrap();
    let refusal = world.runtime.block_on(world.run(&plan, Duration::from_secs(60))).unwrap_err();
    assert_eq!((refusal.code(), refusal.limit()), (RefusalCode::LimitExceeded, Some("max_spill_bytes")));
}

#[test]
fn thirty_queries_at_once_all_get_their_rows() {
    let world = World::new(ONE);
    let sql =
        "SELECT c.id, count(o.id) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id";
    let plan = world.plan(json!({ "resource": "shop", "sql": sql })).unwrap();
    let answers = world.runtime.block_on(async {
        let tasks: Vec<_> = (0..30)
            .map(|_| {
                let (tool, plan) = (world.tool.clone(), plan.clone());
                tokio::spawn(async move {
                    tool.answer(
                        plan.bytes(),
                        &super::world::principal(),
                        Instant::now() + Duration::from_secs(20),
                    )
                    .await
                })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap().unwrap());
        }
        answers
    });
    assert!(answers.iter().all(|answer| answer == &answers[0] && answer["row_count"] == 40));
}

/// Deep texts must not overflow a thread's stack: that would end the whole server.
#[test]
fn deep_statements_are_refused_or_run() {
    let world = World::new(ONE);
    let deep = |open: &str, inside: &str, close: &str| {
        let levels = 32_000 / (open.len() + close.len());
        format!("SELECT {}{inside}{}", open.repeat(levels), close.repeat(levels))
    };
    for sql in [
        deep("(", "1", ")"),
        deep("-", "1", ""),
        deep("NOT ", "1", ""),
        deep("(SELECT ", "1", ")"),
        deep("abs(", "1", ")"),
        deep("CASE WHEN 1 THEN ", "1", " END"),
        deep("CAST(", "1", " AS INT)"),
        deep("1 IN (", "1", ")"),
        deep("* FROM (SELECT ", "1", ")"),
        deep("EXISTS (SELECT ", "1", ")"),
        deep("1 UNION SELECT ", "1", ""),
        deep("1,", "1", ""),
        deep("1 BETWEEN ", "1", " AND 1"),
        deep("1 + ", "1", ""),
        deep("x'", "", "'||"),
        deep("json('[", "", "]')||"),
        format!(
            "WITH {} SELECT 1",
            (0..900).map(|at| format!("c{at} AS (SELECT 1 FROM c{})", at + 1)).collect::<Vec<_>>().join(",")
        ),
        format!("SELECT * FROM {}", vec!["customers"; 60].join(" NATURAL JOIN ")),
        format!("SELECT 1 FROM {}", vec!["customers"; 60].join(" JOIN orders USING (id) JOIN ")),
    ] {
        let start = Instant::now();
        // On a worker's stack, as in the server.
        let (tool, view) = (world.tool.clone(), world.view.clone());
        let task = world.runtime.spawn(async move {
            use manifest::Prepare as _;
            let arguments = super::world::arguments_of(json!({ "resource": "shop", "sql": sql }));
            tool.prepare(&arguments, &view).map(|plan| (sql, plan))
        });
        if let Ok((sql, plan)) = world.runtime.block_on(task).unwrap() {
            let _ = world.runtime.block_on(world.run(&plan, Duration::from_millis(200)));
            println!("{:?} {sql:.60}", start.elapsed());
        }
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    }
}
