//! `kill -9` under load: nothing that was answered is lost, and the server comes up by itself.

use crate::BINARY;
use audit::{ReceiptFile, VerifyError, VerifyRequest, verify};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use testkit::{Server, modern};
use tokio::sync::mpsc;

/// Kills between two lines of progress.
const SAID_EVERY: u64 = 10;

/// What takes milliseconds may take a thousand times that on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Callers at once.
const CALLERS: usize = 8;

fn receipt(answer: &Value) -> Option<ReceiptFile> {
    serde_json::from_value(answer["result"]["_meta"]["secure-mcp/call"]["receipt"].clone()).ok()
}

/// Calls until the server is gone; gives the receipts of what was answered.
async fn call_on(
    server: Arc<Server>,
    token: String,
    answered: mpsc::Sender<()>,
    name: usize,
) -> Vec<ReceiptFile> {
    let mut receipts = Vec::new();
    for number in 0.. {
        let text = format!("caller {name}, call {number}");
        let call = modern(1, "tools/call", json!({ "name": "echo", "arguments": { "text": text } }));
        let request = server
            .client()
            .post(server.url())
            .bearer_auth(&token)
            .header("content-type", "application/json")
            .header("mcp-protocol-version", testkit::MODERN)
            .header("mcp-method", "tools/call")
            .header("mcp-name", "echo")
            .body(call.to_string());
        let Ok(reply) = request.send().await else { break };
        let Ok(answer) = reply.json::<Value>().await else { break };
        assert_eq!(answer["result"]["structuredContent"]["text"], text, "{answer}");
        receipts.push(receipt(&answer).expect("an answer without a receipt"));
        let _ = answered.try_send(());
    }
    receipts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answered_call_survives_a_kill() {
    let kills: u64 = std::env::var("SECURE_MCP_SOAK_KILLS").map_or(5, |text| text.parse().unwrap());
    let mut server = Server::start(BINARY).await;
    let token = server.token("ana");
    let mut answered = Vec::new();
    for kill in 0..kills {
        let shared = Arc::new(server);
        let (answered_one, mut first) = mpsc::channel(1);
        let callers: Vec<_> = (0..CALLERS)
            .map(|name| tokio::spawn(call_on(shared.clone(), token.clone(), answered_one.clone(), name)))
            .collect();
        tokio::time::timeout(PATIENCE, first.recv()).await.expect("no answer").expect("no caller");
        // Another moment each time: primes keep the moments from falling into step with the log's second.
        tokio::time::sleep(Duration::from_millis(kill * 37 % 211)).await;
        assert!(testkit::send_signal("KILL", shared.pid()));
        let mut receipts = Vec::new();
        for caller in callers {
            receipts.extend(caller.await.unwrap());
        }
        server = Arc::into_inner(shared).expect("a caller still holds the server");
        server.restart().await;
        assert!(!receipts.is_empty(), "nothing was answered before kill {kill}");
        let records = hold(&server, receipts.clone()).unwrap_or_else(|error| panic!("kill {kill}: {error}"));
        answered.extend(receipts);
        if (kill + 1) % SAID_EVERY == 0 {
            println!("{} kills, {} answered calls, {records} records hold", kill + 1, answered.len());
        }
    }
    let calls = answered.len();
    hold(&server, answered).expect("an answer before one kill is lost after another");
    println!("{kills} kills under load: {calls} answered calls, all of them in a log that verifies");
}

/// Every record, and both records of each receipt. Gives the number of records.
fn hold(server: &Server, receipts: Vec<ReceiptFile>) -> Result<u64, VerifyError> {
    let directory = server.data_dir().join("audit");
    let request = VerifyRequest { receipts, ..VerifyRequest::directory(&directory) };
    verify(&request).map(|verified| verified.records)
}

#[tokio::test]
async fn a_flipped_byte_stops_the_start_and_is_named() {
    let mut server = Server::start(BINARY).await;
    let token = server.token("ana");
    for number in 0..20 {
        let call = modern(number, "tools/call", json!({ "name": "echo", "arguments": { "text": "x" } }));
        server.post(Some(&token), &call).await;
    }
    // A checkpoint is signed each second.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    server.kill();
    let directory = server.data_dir().join("audit");
    let segment = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|kind| kind == "seg"))
        .unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[1000] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let output = server.command(&["audit", "verify", "--dir", directory.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("record"), "{said}");
}
