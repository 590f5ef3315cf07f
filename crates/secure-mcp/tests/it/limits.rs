//! The operator's rates and quotas, over the wire and over kills.

use crate::BINARY;
use crate::approval::refusal;
use serde_json::{Value, json};
use testkit::{Server, ServerOptions, modern};

fn echo(text: &str) -> Value {
    modern(1, "tools/call", json!({ "name": "echo", "arguments": { "text": text } }))
}

fn rate_verdict(answer: &Value) -> String {
    let controls = answer["result"]["_meta"]["secure-mcp/call"]["controls"].as_array().unwrap();
    let rate = controls.iter().find(|control| control["name"] == "validate.rate").unwrap();
    rate["verdict"].as_str().unwrap().to_owned()
}

async fn limited(config: &str) -> Server {
    Server::start_with(BINARY, ServerOptions { config: config.to_owned(), ..ServerOptions::default() }).await
}

#[tokio::test]
async fn a_rate_and_a_quota_refuse_with_their_limit_and_the_time_to_wait() {
    let server = limited(
        "[[limit]]\nname = \"few\"\nper = \"person\"\nonly = \"ana\"\nrequests_per_minute = 2\n\
         [[limit]]\nname = \"sql\"\nper = \"resource\"\nonly = \"customer_database\"\nrows_per_day = 3\n",
    )
    .await;
    let (ana, dev) = (server.token("ana"), server.token("dev"));
    for _ in 0..2 {
        let answer = server.post(Some(&ana), &echo("a")).await.json();
        assert_eq!(rate_verdict(&answer), "pass", "{answer}");
    }
    let answer = server.post(Some(&ana), &echo("a")).await.json();
    assert_eq!((refusal(&answer).as_str(), rate_verdict(&answer).as_str()), ("rate_limited", "refused"));
    let wait = answer["result"]["_meta"]["secure-mcp/refusal"]["retry_after_ms"].as_u64().unwrap();
    assert!((20_000..=30_000).contains(&wait), "{wait}");
    assert_eq!(answer["result"]["structuredContent"]["refusal"]["limit"], "requests_per_minute");
    assert!(!answer.to_string().contains("few"), "the operator's name for it is not the caller's");
    let other = server.post(Some(&dev), &echo("a")).await.json();
    assert_eq!(rate_verdict(&other), "not_configured", "{other}");
    let call = answer["result"]["_meta"]["secure-mcp/call"]["call_id"].as_str().unwrap().to_owned();
    let data_dir = server.data_dir();
    let shown = server.command(&[
        "audit",
        "show",
        &call,
        "--person",
        "root",
        "--data-dir",
        data_dir.to_str().unwrap(),
        "--json",
    ]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("rate_limited"), "the refusal is not in the log: {shown}");
}

#[tokio::test]
async fn rows_are_counted_for_their_resource() {
    let server = limited(
        "[[limit]]\nname = \"sql\"\nper = \"resource\"\nonly = \"customer_database\"\nrows_per_day = 7\n",
    )
    .await;
    let token = server.token("ana");
    let query = |rows: u32| {
        let sql = format!("SELECT id FROM customers LIMIT {rows}");
        let arguments = json!({ "resource": "customer_database", "sql": sql });
        modern(1, "tools/call", json!({ "name": "database-query", "arguments": arguments }))
    };
    for rows in [3, 3, 5] {
        let answer = server.post(Some(&token), &query(rows)).await.json();
        assert_eq!(answer["result"]["structuredContent"]["row_count"], rows, "{answer}");
    }
    let answer = server.post(Some(&token), &query(1)).await.json();
    assert_eq!(refusal(&answer), "quota_exhausted", "{answer}");
    assert_eq!(answer["result"]["structuredContent"]["refusal"]["limit"], "rows_per_day");
    let other = server.post(Some(&token), &echo("still there")).await.json();
    assert_eq!(rate_verdict(&other), "not_configured", "{other}");
}

#[tokio::test]
async fn a_kill_renews_no_quota() {
    let limit = 128;
    let mut server =
        limited(&format!("[[limit]]\nname = \"day\"\nper = \"client\"\nrequests_per_day = {limit}\n")).await;
    let mut passed = 0;
    for round in 0..4 {
        let token = server.token("ana");
        for _ in 0..25 {
            let answer = server.post(Some(&token), &echo("a")).await.json();
            passed += u32::from(refusal(&answer).is_empty());
        }
        assert!(passed <= limit, "{passed} after round {round}");
        server.kill();
        server.restart().await;
    }
    let token = server.token("ana");
    loop {
        let answer = server.post(Some(&token), &echo("a")).await.json();
        if !refusal(&answer).is_empty() {
            assert_eq!(refusal(&answer), "quota_exhausted");
            break;
        }
        passed += 1;
        assert!(passed <= limit, "a kill renewed the quota");
    }
    println!("{passed} calls of {limit} over four kills");
    // Each kill costs a sixty-fourth at most.
    assert!(passed >= limit - 5 * (limit / 64), "{passed}");
    server.kill();
    server.restart().await;
    let token = server.token("ana");
    assert_eq!(refusal(&server.post(Some(&token), &echo("a")).await.json()), "quota_exhausted");
}

#[test]
fn a_limit_for_a_tool_that_is_not_there_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    testkit::copy_policies(&folder.path().join("policies"));
    let config = "[server]\npublic_url = \"https://127.0.0.1:1/mcp\"\nlisten = \"127.0.0.1:0\"\n[policy]\n\
                  dir = \"policies\"\n[[limit]]\nname = \"a\"\nper = \"tool\"\nonly = \"ehco\"\nconcurrent = 1\n";
    let file = folder.path().join("server.toml");
    std::fs::write(&file, config).unwrap();
    let output = std::process::Command::new(BINARY).args(["serve", "--config"]).arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains("`limit[0].only`") && said.contains("`ehco`"),
        "{said}"
    );
}
