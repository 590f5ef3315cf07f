//! The process's limit on open files: connections get what the log and the sandboxes do not need.

use crate::BINARY;
use serde_json::json;
use std::process::Command;
use std::time::{Duration, Instant};
use testkit::{Server, ServerOptions, modern};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What takes milliseconds may take a thousand times that on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server under a soft and a hard limit on open files.
async fn under(limits: &str) -> Server {
    let in_front = vec!["prlimit".to_owned(), format!("--nofile={limits}")];
    Server::start_with(BINARY, ServerOptions { in_front, in_clear: true, ..ServerOptions::default() }).await
}

/// A kept connection, or `None` if it was closed without an answer.
async fn connection(server: &Server) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
    let mut answer = [0; 512];
    let asked = stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let read = tokio::time::timeout(PATIENCE, stream.read(&mut answer)).await.expect("no answer in time");
    let is_answered = asked.is_ok() && read.is_ok_and(|count| answer[..count].starts_with(b"HTTP/1.1 200"));
    is_answered.then_some(stream)
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < PATIENCE, "{what} does not come");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_flood_of_connections_leaves_files_for_calls_and_for_the_log() {
    // Of 600 files half are for connections, of which one is this test's own client.
    let server = under("600:600").await;
    assert!(server.log().contains("connections=300 wanted=16384"), "no warning: {}", server.log());
    let token = server.token("dev");
    let mut flood = Vec::new();
    while let Some(stream) = connection(&server).await {
        flood.push(stream);
        assert!(flood.len() <= 300, "more connections than there may be");
    }
    assert!(flood.len() >= 295, "{} connections were taken", flood.len());
    let run = json!({ "name": "python-runner", "arguments": { "code": "print('beside a flood')" } });
    let ran = server.post(Some(&token), &modern(1, "tools/call", run)).await.json();
    assert_eq!(ran["result"]["structuredContent"]["stdout"], "beside a flood\n", "{ran}");
    assert!(!server.token("ana").is_empty(), "the admin plane has no place");
    drop(flood);
    until("a place that is given back", async || connection(&server).await.is_some()).await;
}

#[tokio::test]
async fn the_soft_limit_on_open_files_is_raised() {
    let server = under("256:4096").await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.pid())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>()[3..5], ["4096", "4096"], "{line}");
    assert!(server.log().contains("connections=3584 wanted=16384"), "no warning: {}", server.log());
}

/// Processor time of a process so far; a tick is ten milliseconds.
fn processor_time(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(10 * ticks)
}

#[tokio::test]
async fn without_a_free_file_the_server_waits_and_does_not_spin() {
    let server = under("600:600").await;
    let soft_limit = |limit: &str| {
        let pid = server.pid().to_string();
        let nofile = format!("--nofile={limit}:");
        assert!(Command::new("prlimit").args(["--pid", &pid, &nofile]).status().unwrap().success());
    };
    soft_limit("3");
    let waiting = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
    until("the warning", async || server.log().contains("cannot accept a connection")).await;
    let (before, started) = (processor_time(server.pid()), Instant::now());
    // Not a wait for something: the time over which is measured.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (used, took) = (processor_time(server.pid()) - before, started.elapsed());
    assert!(used < took / 4, "{used:?} of processor time in {took:?} of waiting for a free file");
    assert_eq!(server.log().matches("cannot accept a connection").count(), 1, "{}", server.log());
    soft_limit("600");
    until("a new connection", async || connection(&server).await.is_some()).await;
    drop(waiting);
}
