//! Approval of the exact call, by somebody else, once.

use crate::BINARY;
use serde_json::{Value, json};
use testkit::{Server, modern};

fn call(arguments: &Value) -> Value {
    modern(1, "tools/call", json!({ "name": "python-runner", "arguments": arguments }))
}

pub fn refusal(answer: &Value) -> String {
    answer["result"]["_meta"]["secure-mcp/refusal"]["code"].as_str().unwrap_or_default().to_owned()
}

pub fn approval_id(answer: &Value) -> String {
    answer["result"]["_meta"]["secure-mcp/refusal"]["approval_id"].as_str().unwrap().to_owned()
}

/// `approve` or `deny` as a person.
pub fn decide(server: &Server, decision: &str, id: &str, person: &str) -> std::process::Output {
    let data_dir = server.data_dir();
    server.command(&[decision, id, "--person", person, "--data-dir", data_dir.to_str().unwrap()])
}

fn approve(server: &Server, id: &str, person: &str) -> std::process::Output {
    decide(server, "approve", id, person)
}

fn long(code: &str) -> Value {
    json!({ "code": code, "timeout_ms": 60_000 })
}

#[tokio::test]
async fn an_approved_call_runs_once_and_only_as_approved() {
    let server = Server::start(BINARY).await;
    let token = server.token("dev");
    let arguments = long("print('once')");
    let asked = server.post(Some(&token), &call(&arguments)).await.json();
    assert_eq!(refusal(&asked), "approval_pending");
    let id = approval_id(&asked);
    let again = server.post(Some(&token), &call(&arguments)).await.json();
    assert_eq!(approval_id(&again), id, "a retry asked for another approval");

    let own = approve(&server, &id, "dev");
    assert!(!own.status.success(), "the requester approved the own call");
    let wrong = approve(&server, &id, "ana");
    assert!(!wrong.status.success(), "somebody without the right approved");
    let right = approve(&server, &id, "sam");
    assert!(right.status.success(), "{}", String::from_utf8_lossy(&right.stderr));

    for changed in [
        json!({ "code": "print('once')", "timeout_ms": 60_001 }),
        json!({ "code": "print('once') ", "timeout_ms": 60_000 }),
        json!({ "code": "print('once')", "timeout_ms": 60_000, "stdin": "" }),
        json!({ "code": "print('once')", "timeout_ms": 60_000, "files": {} }),
    ] {
        let other = server.post(Some(&token), &call(&changed)).await.json();
        assert_eq!(refusal(&other), "approval_pending", "{changed}");
        assert_ne!(approval_id(&other), id, "{changed}");
    }
    let ran = server.post(Some(&token), &call(&arguments)).await.json();
    assert_eq!(ran["result"]["structuredContent"]["stdout"], "once\n", "{ran}");
    let third = server.post(Some(&token), &call(&arguments)).await.json();
    assert_eq!(refusal(&third), "approval_pending");
    assert_ne!(approval_id(&third), id, "an approval was used twice");
}

#[tokio::test]
async fn parallel_retries_over_a_restart_run_exactly_once() {
    let retries: usize = std::env::var("SECURE_MCP_SOAK_RETRIES").map_or(60, |text| text.parse().unwrap());
    let mut server = Server::start(BINARY).await;
    let token = server.token("dev");
    let arguments = long("print('exactly once')");
    let asked = server.post(Some(&token), &call(&arguments)).await.json();
    let approved = approve(&server, &approval_id(&asked), "sam");
    assert!(approved.status.success());
    server.restart().await;
    let server = std::sync::Arc::new(server);
    let tasks: Vec<_> = (0..retries)
        .map(|_| {
            let (server, token, arguments) = (server.clone(), token.clone(), arguments.clone());
            tokio::spawn(async move { server.post(Some(&token), &call(&arguments)).await.json() })
        })
        .collect();
    let mut ran = 0;
    for task in tasks {
        let answer = task.await.unwrap();
        ran += usize::from(answer["result"]["structuredContent"]["stdout"] == "exactly once\n");
    }
    println!("{retries} parallel retries of an approved call: {ran} ran");
    assert_eq!(ran, 1);
}
