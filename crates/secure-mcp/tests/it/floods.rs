//! Floods against the whole server, beside another principal who works on.
//!
//! Small by default; `cargo xtask soak` has the promised numbers. Client and server share the machine, so
//! the flood's own work is in what the other principal waits.

use crate::BINARY;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use testkit::{Server, ServerOptions, modern};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

/// Calls of the other principal, before the flood and in it.
const CALLS: usize = 300;

/// What takes milliseconds may take a thousand times that on a loaded machine.
const STANDSTILL: Duration = Duration::from_secs(10);

/// What a flood may make the server keep. Sockets cost 20 KiB each, the rest is what the allocator holds.
const MAX_GROWTH_KIB: u64 = 192 * 1024;

fn count(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

fn echo(id: usize, text: &str) -> Value {
    modern(id, "tools/call", json!({ "name": "echo", "arguments": { "text": text } }))
}

/// The 99th percentile of calls one after the other.
async fn p99(server: &Server, token: &str) -> Duration {
    let mut times = Vec::new();
    for id in 0..CALLS {
        let started = Instant::now();
        let answer = server.post(Some(token), &echo(id, "beside a flood")).await.json();
        assert_eq!(answer["result"]["structuredContent"]["text"], "beside a flood", "{answer}");
        times.push(started.elapsed());
    }
    times.sort();
    times[CALLS * 99 / 100]
}

fn memory_kib(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// One flood at a time: each is measured.
static ALONE: Mutex<()> = Mutex::const_new(());

/// Measures another principal before and in a flood, and what the server kept.
async fn beside<T>(server: &Server, what: &str, flood: impl AsyncFnOnce() -> T) -> T {
    let _alone = ALONE.lock().await;
    let token = server.token("ana");
    p99(server, &token).await;
    let (quiet, before) = (p99(server, &token).await, memory_kib(server));
    let flooding = flood().await;
    let (under, after) = (p99(server, &token).await, memory_kib(server));
    println!("{what}: p99 {quiet:?} quiet, {under:?} in the flood; memory {before} KiB, then {after} KiB");
    // Other tests run beside this one, so the ratio is printed and only a standstill fails.
    assert!(under <= STANDSTILL, "{what}: {quiet:?} quiet, {under:?} in the flood");
    assert!(after <= before + MAX_GROWTH_KIB, "{what}: from {before} to {after} KiB");
    flooding
}

/// `refused` records in the log's last thousand.
fn refused(server: &Server) -> usize {
    let data_dir = server.data_dir();
    let tail = server.command(&[
        "audit",
        "tail",
        "--count",
        "1000",
        "--json",
        "--data-dir",
        data_dir.to_str().unwrap(),
    ]);
    assert!(tail.status.success(), "{}", String::from_utf8_lossy(&tail.stderr));
    String::from_utf8(tail.stdout).unwrap().matches("\"event\":\"refused\"").count()
}

/// Sends `rate` requests a second and reads the answers, all of which are 401; gives their number.
async fn unauthenticated(port: u16, request: &str, rate: usize, seconds: usize) -> usize {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let (started, mut sent, mut buffer) = (Instant::now(), 0, vec![0; 64 * 1024]);
    while started.elapsed().as_secs() < seconds as u64 {
        let due = started.elapsed().as_millis() as usize * rate / 1000;
        while sent < due {
            stream.write_all(request.as_bytes()).await.unwrap();
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(
                buffer[..count].starts_with(b"HTTP/1.1 401"),
                "{}",
                String::from_utf8_lossy(&buffer[..count])
            );
            sent += 1;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    sent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_without_a_token_cost_others_little_and_the_log_next_to_nothing() {
    let rate = count("SECURE_MCP_SOAK_FLOOD_RATE", 480);
    let seconds = count("SECURE_MCP_SOAK_FLOOD_SECONDS", 5);
    let server =
        Server::start_with(BINARY, ServerOptions { in_clear: true, ..ServerOptions::default() }).await;
    let request = format!(
        "POST /mcp HTTP/1.1\r\nhost: 127.0.0.1:{}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}",
        server.port()
    );
    let mut flood = beside(&server, "no token", async || {
        let mut flood = JoinSet::new();
        for _ in 0..16 {
            let (request, port) = (request.clone(), server.port());
            flood.spawn(async move { unauthenticated(port, &request, rate / 16, seconds).await });
        }
        flood
    })
    .await;
    let mut sent = 0;
    while let Some(count) = flood.join_next().await {
        sent += count.unwrap();
    }
    let records = refused(&server);
    println!("{sent} requests without a token in {seconds} s: {records} records");
    assert!(sent >= rate * seconds / 2, "only {sent} were sent");
    // One for each address, code and minute.
    assert!(records <= 2 + seconds / 60, "{records} records of one address");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_open_handshakes_cost_others_little() {
    let handshakes = count("SECURE_MCP_SOAK_HANDSHAKES", 200);
    let server = Server::start(BINARY).await;
    let mut held = beside(&server, "half a hello", async || {
        let mut held = Vec::new();
        for _ in 0..handshakes {
            let mut stream = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
            stream.write_all(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]).await.unwrap();
            held.push(stream);
        }
        held
    })
    .await;
    // Each is closed at its time.
    let closed = async {
        for stream in &mut held {
            let _reset = stream.read_to_end(&mut Vec::new()).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(40), closed).await.expect("a half hello is held");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_that_read_nothing_cost_others_little() {
    let sockets = count("SECURE_MCP_SOAK_SLOW_READERS", 100);
    let server =
        Server::start_with(BINARY, ServerOptions { in_clear: true, ..ServerOptions::default() }).await;
    let token = server.token("dev");
    let body = echo(1, &"x".repeat(4_000)).to_string();
    let request = format!(
        "POST /mcp HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\nmcp-protocol-version: {version}\r\nmcp-method: tools/call\r\n\
         mcp-name: echo\r\ncontent-length: {length}\r\n\r\n{body}",
        port = server.port(),
        version = testkit::MODERN,
        length = body.len(),
    );
    // Each asks ten times and takes nothing; most of it stays in the kernel, on both sides.
    let held = beside(&server, "slow readers", async || {
        let mut held = Vec::new();
        for _ in 0..sockets {
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_recv_buffer_size(4096).unwrap();
            let mut stream = socket.connect(([127, 0, 0, 1], server.port()).into()).await.unwrap();
            let asks = async {
                for _ in 0..10 {
                    if stream.write_all(request.as_bytes()).await.is_err() {
                        return;
                    }
                }
            };
            // What the server does not take waits here, and is given up.
            let _ = tokio::time::timeout(Duration::from_millis(20), asks).await;
            held.push(stream);
        }
        held
    })
    .await;
    drop(held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_with_very_many_pending_calls_waits_for_itself() {
    let pending = count("SECURE_MCP_SOAK_PENDING", 3_200);
    let server =
        Server::start_with(BINARY, ServerOptions { in_clear: true, ..ServerOptions::default() }).await;
    let token = server.token("dev");
    let in_each = 64;
    let upgrade = format!(
        "GET /mcp/ws HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nauthorization: Bearer {token}\r\nconnection: upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-protocol: mcp\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        server.port()
    );
    let calls: Vec<u8> =
        (0..in_each).flat_map(|id| frame(echo(id, &"y".repeat(200)).to_string().as_bytes())).collect();
    let mut flood = beside(&server, "pending calls", async || {
        let mut flood = JoinSet::new();
        for _ in 0..pending / in_each {
            let mut stream = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
            stream.write_all(upgrade.as_bytes()).await.unwrap();
            let calls = calls.clone();
            flood.spawn(async move {
                stream.write_all(&calls).await.unwrap();
                let (mut seen, mut answers, mut buffer) = (Vec::<u8>::new(), 0, vec![0; 64 * 1024]);
                while answers < in_each {
                    let count = stream.read(&mut buffer).await.unwrap();
                    assert!(count > 0, "closed after {answers} answers");
                    seen.extend(&buffer[..count]);
                    answers = seen.windows(9).filter(|window| *window == b"\"jsonrpc\"").count();
                }
                answers
            });
        }
        flood
    })
    .await;
    let mut answered = 0;
    while let Some(answers) = flood.join_next().await {
        answered += answers.unwrap();
    }
    println!("{answered} of {pending} pending calls were answered");
    assert_eq!(answered, pending / in_each * in_each);
}

/// A client's text frame with an empty mask.
fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    assert!(payload.len() > 125);
    [&[0x81, 0x80 | 126][..], &length, &[0; 4], payload].concat()
}
