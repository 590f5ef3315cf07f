//! Who follows the log of a whole server: a witness that tells a restored log, an exporter; and secrets of
//! arguments, which are in none of it.

use crate::BINARY;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use testkit::{Server, ServerOptions, modern};

/// A server with a witness and an exporter in `elsewhere`.
async fn followed(elsewhere: &Path) -> Server {
    let config = format!(
        "[[audit.witness]]\nname = \"office\"\nkind = \"file\"\nfile = \"{0}/checkpoints\"\n\
         [[audit.exporter]]\nname = \"siem\"\nkind = \"file\"\nfile = \"{0}/records.jsonl\"\n",
        elsewhere.display()
    );
    Server::start_with(BINARY, ServerOptions { config, ..ServerOptions::default() }).await
}

async fn echo(server: &Server, text: &str) -> Value {
    let request = modern(1, "tools/call", json!({ "name": "echo", "arguments": { "text": text } }));
    server.post(Some(&server.token("ana")), &request).await.json()
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Records under the last checkpoint that the witness has.
fn witnessed(elsewhere: &Path) -> u64 {
    let notes = fs::read_to_string(elsewhere.join("checkpoints")).unwrap_or_default();
    let mut sizes = notes.lines().filter_map(|line| line.parse::<u64>().ok());
    sizes.next_back().unwrap_or_default()
}

#[tokio::test]
async fn a_restored_log_is_not_served_until_somebody_says_why() {
    let elsewhere = tempfile::tempdir().unwrap();
    let mut server = followed(elsewhere.path()).await;
    let config = server.folder().join("server.toml").to_str().unwrap().to_owned();
    echo(&server, "one").await;
    until("the witness has a checkpoint", || witnessed(elsewhere.path()) > 0).await;
    server.kill();
    let log = server.data_dir().join("audit");
    let snapshot = server.folder().join("snapshot");
    copy(&log, &snapshot);
    server.restart().await;
    let seen = witnessed(elsewhere.path());
    echo(&server, "two").await;
    until("the witness has seen more", || witnessed(elsewhere.path()) > seen).await;
    let verify = ["audit", "verify", "--witness", "--config", &config];
    let agreed = server.command(&verify);
    assert_eq!(agreed.status.code(), Some(0), "{}", String::from_utf8_lossy(&agreed.stderr));
    assert!(String::from_utf8_lossy(&agreed.stdout).contains("agrees   office: it saw the first "));
    server.kill();

    fs::remove_dir_all(&log).unwrap();
    copy(&snapshot, &log);
    let serve = ["serve", "--config", &config];
    for command in [&verify[..], &serve] {
        let refused = server.command(command);
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{command:?}: {told}");
        assert!(told.contains("error[log_restored]") && told.contains("the witness `office` saw"), "{told}");
    }
    let accept = ["audit", "accept-restore", "--reason", "the disk broke", "--config", &config, "--json"];
    let accepted = server.command(&accept);
    let said: Value = serde_json::from_slice(&accepted.stdout).unwrap();
    assert_eq!(said, json!({ "accepted": ["office"] }), "{}", String::from_utf8_lossy(&accepted.stderr));
    server.restart().await;
    assert!(echo(&server, "three").await.pointer("/result/content").is_some());
    let found =
        server.command(&["audit", "search", "--event", "restore_accepted", "--config", &config, "--json"]);
    let record: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(record["record"]["unmapped"]["reason"], "the disk broke");
    assert_eq!(record["record"]["entity"]["uid"], "office");
    server.kill();
}

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    kind: String,
    #[serde(default)]
    text: String,
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.metadata().is_ok_and(|about| about.is_file()) {
            found.push(path);
        }
    }
}

#[tokio::test]
async fn secrets_in_arguments_and_names_are_in_no_file_and_every_call_is_exported() {
    let cases: Cases = toml::from_str(include_str!("../../../audit/tests/attacks.toml")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut server = followed(elsewhere.path()).await;
    let secrets: Vec<String> =
        cases.case.into_iter().filter(|case| case.kind == "secret").map(|case| case.text).collect();
    let mut calls = Vec::new();
    for secret in &secrets {
        let reply = echo(&server, secret).await;
        let call = reply.pointer("/result/_meta/secure-mcp~1call/call_id").and_then(Value::as_str);
        calls.push(call.unwrap_or_else(|| panic!("{reply}")).to_owned());
        // Where it does not belong: a tool's name that is none.
        let request = modern(2, "tools/call", json!({ "name": format!("x {secret}"), "arguments": {} }));
        server.post(Some(&server.token("ana")), &request).await;
    }
    let exported = || fs::read_to_string(elsewhere.path().join("records.jsonl")).unwrap_or_default();
    until("every call is exported", || {
        calls.iter().all(|call| exported().matches(call.as_str()).count() >= 2)
    })
    .await;
    server.kill();
    let mut all = Vec::new();
    files(&server.data_dir(), &mut all);
    files(elsewhere.path(), &mut all);
    assert!(all.len() > 10);
    let mut passed = 0;
    for secret in &secrets {
        for file in &all {
            let bytes = fs::read(file).unwrap();
            let held = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!held, "`{secret}` is in {}", file.display());
        }
        passed += 1;
    }
    assert!(passed >= 3 && !exported().contains("\"ana\""));
    println!("{passed} passed");
}
