//! A running server takes a new policy, goes back, and no call falls between the two.

use crate::BINARY;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use testkit::{Server, modern};

/// One line of `roles.toml` of a server with the sample policy.
pub fn change_roles(server: &Server, from: &str, to: &str) {
    let path = server.folder().join("policies/roles.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches(from).count(), 1, "no line `{from}`");
    fs::write(&path, text.replace(from, to)).unwrap();
}

/// The answer of a command about the policy, which has to go well.
pub fn policy(server: &Server, arguments: &[&str]) -> Value {
    let output = server.command(&[&["policy"], arguments, &["--config", "server.toml", "--json"]].concat());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(said.lines().next().unwrap()).unwrap()
}

/// The last records, oldest first.
pub fn records(server: &Server) -> Vec<Value> {
    let tail = ["audit", "tail", "--count", "1000", "--config", "server.toml", "--json"];
    let output = server.command(&tail);
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

async fn sees_echo(server: &Server, token: &str) -> bool {
    let call = modern(1, "tools/call", json!({ "name": "echo", "arguments": { "text": "x" } }));
    server.post(Some(token), &call).await.json()["result"].is_object()
}

const ANALYST: &str = "ana  = [\"analyst\"]";
const NOBODY: &str = "ana  = []";

#[tokio::test]
async fn an_accepted_policy_holds_from_the_next_call_on() {
    let server = Server::start(BINARY).await;
    let token = server.token("ana");
    assert!(sees_echo(&server, &token).await);
    change_roles(&server, ANALYST, NOBODY);
    assert!(sees_echo(&server, &token).await, "a folder alone changes nothing");
    assert_eq!(policy(&server, &["accept"])["changed"], true);
    assert!(!sees_echo(&server, &token).await, "the token is as it was, and the role is gone");
    assert_eq!(policy(&server, &["rollback"])["changed"], true);
    assert!(sees_echo(&server, &token).await);
    let broken = server.folder().join("policies/broken.cedar");
    fs::write(&broken, "permit (principal in Role::\"analist\", action, resource);").unwrap();
    let refused = server.command(&["policy", "accept", "--config", "server.toml", "--json"]);
    assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stdout));
    assert!(sees_echo(&server, &token).await);
}

#[tokio::test]
async fn a_rollback_holds_over_a_restart_until_the_folder_is_changed_or_accepted() {
    let mut server = Server::start(BINARY).await;
    let first = policy(&server, &["versions"])["current"].clone();
    change_roles(&server, ANALYST, NOBODY);
    let second = policy(&server, &["accept"])["policy"].clone();
    assert_eq!(policy(&server, &["rollback"])["policy"], first);
    server.restart().await;
    assert_eq!(policy(&server, &["versions"])["current"], first);
    assert!(sees_echo(&server, &server.token("ana")).await);
    // Without a server, over the log's lock.
    server.kill();
    assert_eq!(policy(&server, &["accept"])["policy"], second);
    assert_eq!(policy(&server, &["rollback"])["policy"], first);
    assert_eq!(policy(&server, &["accept"])["policy"], second);
    server.restart().await;
    assert!(!sees_echo(&server, &server.token("ana")).await);
    let versions = policy(&server, &["versions"]);
    let listed: Vec<Value> =
        versions["versions"].as_array().unwrap().iter().map(|version| version["policy"].clone()).collect();
    assert_eq!(listed, [&first, &second, &first, &second, &first, &second].map(Value::clone));
}

/// Calls while the policy goes to and fro: each is decided by the policy that its record names, and
/// that policy's `policy_loaded` record stands before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_record_names_the_policy_that_decided_and_follows_its_loading() {
    let server = Arc::new(Server::start(BINARY).await);
    let with_role = policy(&server, &["versions"])["current"].clone();
    let token = server.token("ana");
    let stop = Arc::new(AtomicBool::new(false));
    let calls = tokio::spawn({
        let (server, stop) = (Arc::clone(&server), Arc::clone(&stop));
        async move {
            let (mut seen, mut unseen) = (0, 0);
            while !stop.load(Ordering::SeqCst) {
                for is_seen in four_calls(&server, &token).await {
                    *if is_seen { &mut seen } else { &mut unseen } += 1;
                }
            }
            (seen, unseen)
        }
    });
    let changes = tokio::task::spawn_blocking({
        let server = Arc::clone(&server);
        move || {
            for _ in 0..4 {
                for (from, to) in [(ANALYST, NOBODY), (NOBODY, ANALYST)] {
                    change_roles(&server, from, to);
                    policy(&server, &["accept"]);
                }
            }
        }
    });
    changes.await.unwrap();
    stop.store(true, Ordering::SeqCst);
    let (seen, unseen) = calls.await.unwrap();
    assert!(seen > 0 && unseen > 0, "{seen} seen, {unseen} not seen");
    let mut loaded: HashMap<Value, u64> = HashMap::new();
    let mut decided = 0;
    for record in records(&server) {
        let index = record["index"].as_u64().unwrap();
        let body = &record["record"];
        if record["event"] == "policy_loaded" {
            loaded.entry(body["unmapped"]["policy"].clone()).or_insert(index);
        }
        let decision = match (record["event"].as_str().unwrap(), body["status_code"].as_str()) {
            ("intent", _) => true,
            ("refused", Some("unknown_tool")) => false,
            _ => continue,
        };
        let by = &body["actor"]["authorizations"][0]["policy"]["uid"];
        assert_eq!(*by == with_role, decision, "record {index} was decided by another policy: {record}");
        assert!(loaded.get(by).is_none_or(|loading| *loading < index), "record {index} is before its policy");
        decided += 1;
    }
    println!("{decided} decisions in the last 1,000 records, {seen} calls seen, {unseen} not seen");
    assert!(decided > 8);
}

/// At once; true where `echo` answers.
async fn four_calls(server: &Server, token: &str) -> [bool; 4] {
    let one = || sees_echo(server, token);
    let (a, b, c, d) = tokio::join!(one(), one(), one(), one());
    [a, b, c, d]
}
