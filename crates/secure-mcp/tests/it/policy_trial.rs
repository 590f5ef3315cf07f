//! Another policy is tried on real calls, as they come and out of the log, before it is accepted.

use crate::BINARY;
use crate::policy_reload::policy;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use testkit::{Server, copy_policies, modern};

/// The sample policy, in which analysts have no `echo` and may not read payments, and approvers have `echo`.
fn candidate(server: &Server) -> PathBuf {
    let folder = server.folder().join("candidate");
    copy_policies(&folder);
    fs::remove_dir_all(folder.join("tests")).unwrap();
    fs::remove_file(folder.join("matrix.tsv")).unwrap();
    let path = folder.join("roles.toml");
    let mut text = fs::read_to_string(&path).unwrap();
    for (from, to) in [
        (
            "about  = \"Answers questions from customers, orders and payments. Runs no code.\"\ngrants = [\n  { tool = \"echo\", without_approval = true },",
            "about = \"\"\ngrants = [",
        ),
        ("tables = [\"customers\", \"orders\", \"payments\"]", "tables = [\"customers\", \"orders\"]"),
        (
            "may   = [\"approve\"]",
            "may   = [\"approve\"]\ngrants = [{ tool = \"echo\", without_approval = true }]",
        ),
    ] {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text = text.replace(from, to);
    }
    fs::write(path, text).unwrap();
    folder
}

async fn call(server: &Server, person: &str, tool: &str, arguments: Value) {
    let call = modern(1, "tools/call", json!({ "name": tool, "arguments": arguments }));
    let token = server.token(person);
    let answer = server.post(Some(&token), &call).await;
    assert!(answer.status == 200 || answer.json()["error"].is_object(), "{answer:?}");
}

fn changes(report: &Value, name: &str) -> Vec<(String, String, String, String, u64)> {
    let text = |change: &Value, name: &str| change[name].as_str().unwrap().to_owned();
    let one = |change: &Value| {
        let count = change["decisions"].as_u64().unwrap();
        (text(change, "person"), text(change, "tool"), text(change, "from"), text(change, "to"), count)
    };
    report[name].as_array().unwrap().iter().map(one).collect()
}

#[tokio::test]
async fn a_second_policy_is_asked_about_live_calls_and_about_the_log_and_says_who_gains_and_loses() {
    let mut server = Server::start(BINARY).await;
    let folder = candidate(&server);
    let folder = folder.to_str().unwrap();
    policy(&server, &["shadow", folder]);
    let query = |sql: &str| json!({ "resource": "customer_database", "sql": sql });
    for _ in 0..3 {
        call(&server, "ana", "echo", json!({ "text": "x" })).await;
    }
    call(&server, "ana", "database-query", query("SELECT count(*) FROM payments")).await;
    call(&server, "ana", "database-query", query("SELECT count(*) FROM orders")).await;
    call(&server, "ana", "python-runner", json!({ "code": "1" })).await;
    call(&server, "dev", "python-runner", json!({ "code": "print(1)", "timeout_ms": 60_000 })).await;
    call(&server, "dev", "database-query", query("SELECT 1")).await;
    call(&server, "sam", "echo", json!({ "text": "x" })).await;
    call(&server, "sam", "echo", json!({ "text": "x" })).await;

    let started = Instant::now();
    let report = loop {
        let report = policy(&server, &["shadow", "--report"]);
        if report["decisions"] == 10 || started.elapsed() > Duration::from_secs(30) {
            break report;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let told = |person: &str, tool: &str, from: &str, to: &str, count: u64| {
        (person.to_owned(), tool.to_owned(), from.to_owned(), to.to_owned(), count)
    };
    let losses =
        [told("ana", "echo", "allow", "unknown_tool", 3), told("ana", "database-query", "allow", "deny", 1)];
    let gains = [told("sam", "echo", "unknown_tool", "allow", 2)];
    assert_eq!((changes(&report, "losses"), changes(&report, "gains")), (losses.to_vec(), gains.to_vec()));
    assert_eq!((&report["same"], &report["unknown"], &report["dropped"]), (&json!(4), &json!(0), &json!(0)));
    assert_eq!(policy(&server, &["shadow", "--off"])["decisions"], 10);
    assert!(!server.command(&["policy", "shadow", "--report", "--config", "server.toml"]).status.success());

    // Out of the log: a refused call of which policy read nothing but the tool can only be shown, not run.
    let of_log = policy(&server, &["diff", "--since", "1h", folder]);
    assert_eq!((changes(&of_log, "losses"), changes(&of_log, "gains")), (losses.to_vec(), gains.to_vec()));
    assert_eq!((&of_log["decisions"], &of_log["unknown"]), (&json!(10), &json!(0)));
    assert_eq!(policy(&server, &["diff", "--since", "2099-01-01", folder])["decisions"], 0);
    let current = policy(&server, &["versions"])["current"].as_str().unwrap().to_owned();
    let same = policy(&server, &["diff", "--since", "1h", &current[..12]]);
    assert_eq!((&same["decisions"], &same["same"]), (&json!(10), &json!(10)));
    server.kill();
    let alone = policy(&server, &["diff", "--since", "1h", folder]);
    assert_eq!(alone["losses"], of_log["losses"]);

    // No argument and no attribute stands in the log in clear.
    for entry in fs::read_dir(server.data_dir().join("audit")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for hidden in ["timeout_ms", "\"tables\"", "\"payments\""] {
            let found = bytes.windows(hidden.len()).any(|window| window == hidden.as_bytes());
            assert!(!found, "{hidden} stands in the log");
        }
    }
}
