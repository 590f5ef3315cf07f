//! A peer that asks and does not take the answers.

use crate::house::{House, Line, PATIENCE, WIDE, frame};
use gateway::Limits;
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio::time::{Instant, timeout};

/// So little that a few answers fill what the kernel keeps for us.
const RECEIVE_BYTES: u32 = 4096;

/// Bytes of one answer, about.
const ANSWER_BYTES: usize = 60_000;

fn call() -> String {
    let arguments = json!({ "text": "x".repeat(ANSWER_BYTES) });
    let params = json!({ "name": "echo", "arguments": arguments });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string()
}

/// Enough for the kernel to open the window again at once: a smaller one is announced by timers.
const SLOW_RECEIVE_BYTES: u32 = 256 * 1024;

async fn narrow(house: &House, receive_bytes: u32) -> Line {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(receive_bytes).unwrap();
    Line(socket.connect(house.address).await.unwrap())
}

/// Asks without ever reading, until the other side gives the connection up. A server that waits for
/// its peer stops reading, so what is asked fills the kernel's buffers and then waits as well.
async fn ask_and_never_read(mut line: Line, request: &[u8], write_time: Duration) {
    let started = Instant::now();
    let asks = async { while line.0.write_all(request).await.is_ok() {} };
    timeout(PATIENCE, asks).await.expect("the server waits for a peer that reads nothing");
    assert!(started.elapsed() >= write_time, "closed for another reason, after {:?}", started.elapsed());
}

#[tokio::test]
async fn a_client_that_reads_nothing_does_not_hold_a_response() {
    let write_time = Duration::from_millis(500);
    let house = House::open(Limits { write_time, ..WIDE }).await;
    let call = call();
    let request = format!("{}{call}", house.head(call.len()));
    ask_and_never_read(narrow(&house, RECEIVE_BYTES).await, request.as_bytes(), write_time).await;
    assert!(house.connect().await.is_alive().await);
}

#[tokio::test]
async fn a_socket_that_reads_nothing_does_not_hold_an_answer() {
    let write_time = Duration::from_millis(500);
    let house = House::open(Limits { write_time, ..WIDE }).await;
    let socket = house.web_socket(narrow(&house, RECEIVE_BYTES).await).await;
    ask_and_never_read(socket, &frame(0x81, call().as_bytes()), write_time).await;
    assert!(house.connect().await.is_alive().await);
}

#[tokio::test]
async fn a_client_that_reads_slowly_gets_everything() {
    let write_time = Duration::from_secs(1);
    let house = House::open(Limits { write_time, ..WIDE }).await;
    let call = call();
    let (requests, started) = (40, Instant::now());
    let all = format!("{}{call}", house.head(call.len())).repeat(requests);
    let (mut from, mut to) = narrow(&house, SLOW_RECEIVE_BYTES).await.0.into_split();
    let asks = tokio::spawn(async move { to.write_all(all.as_bytes()).await.map(|()| to) });
    let mut taken = 0;
    let mut buffer = vec![0; ANSWER_BYTES / 2];
    while taken < requests * ANSWER_BYTES {
        let count = timeout(PATIENCE, from.read(&mut buffer)).await.expect("no answer in time").unwrap();
        assert!(count > 0, "closed after {taken} bytes and {:?}", started.elapsed());
        taken += count;
        // A third of the time that it may take nothing: the whole takes several times that.
        if taken % (ANSWER_BYTES * requests / 8) < count {
            tokio::time::sleep(write_time / 3).await;
        }
    }
    assert!(started.elapsed() > 2 * write_time, "not slow at all: {:?}", started.elapsed());
    let _to = asks.await.unwrap().unwrap();
}
