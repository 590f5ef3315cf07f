//! A peer that begins something and does not end it.

use crate::house::{House, Line, PATIENCE, WIDE, frame};
use gateway::Limits;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, timeout};

const SHORT: Duration = Duration::from_millis(300);

/// Sends `bytes` one by one, as slowly as the limit allows, until the other side closes.
async fn drip(line: &mut Line, bytes: &[u8]) -> (Vec<u8>, Duration) {
    let started = Instant::now();
    let (mut from, mut to) = line.0.split();
    let writes = async {
        for byte in bytes {
            if to.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(SHORT / 6).await;
        }
        std::future::pending::<()>().await
    };
    let mut said = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut from, &mut said);
    tokio::select! {
        read = timeout(PATIENCE, read) => drop(read.expect("the connection was not closed in time")),
        () = writes => {}
    }
    (said, started.elapsed())
}

/// Longer than the limit, and not as long as something else would take.
fn is_the_limit(took: Duration) -> bool {
    took >= SHORT && took < PATIENCE
}

#[tokio::test]
async fn no_hello_and_half_a_hello_are_closed_after_their_time() {
    let house = House::open_with_tls(Limits { handshake_time: SHORT, ..WIDE }).await;
    // The beginning of a record that announces a hello of 512 bytes.
    for hello in [&[][..], &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]] {
        let started = Instant::now();
        let mut line = house.connect().await;
        line.send(hello).await;
        let (_, ended) = line.closed().await;
        assert!(is_the_limit(ended - started), "{:?}", ended - started);
    }
    let mut line = house.connect().await;
    let (_, took) = drip(&mut line, &[&[0x16, 3, 1, 2, 0][..], &[0; 512]].concat()).await;
    assert!(is_the_limit(took), "{took:?}");
}

#[tokio::test]
async fn no_head_and_half_a_head_are_closed_after_their_time() {
    let house = House::open(Limits { handshake_time: SHORT, ..WIDE }).await;
    let head = house.head(2);
    for part in ["", &head[..head.len() / 2]] {
        let started = Instant::now();
        let mut line = house.connect().await;
        line.send(part.as_bytes()).await;
        let (_, ended) = line.closed().await;
        assert!(is_the_limit(ended - started), "{:?}", ended - started);
    }
    let mut line = house.connect().await;
    let (_, took) = drip(&mut line, head.as_bytes()).await;
    assert!(is_the_limit(took), "{took:?}");
}

#[tokio::test]
async fn half_a_body_is_closed_after_its_time() {
    let house = House::open(Limits { body_time: SHORT, ..WIDE }).await;
    let mut line = house.connect().await;
    line.send(house.head(4096).as_bytes()).await;
    let started = Instant::now();
    line.send(b"{\"jsonrpc\": \"2.0\"").await;
    let (said, ended) = line.closed().await;
    assert!(is_the_limit(ended - started), "{:?}", ended - started);
    assert!(said.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&said));

    let mut line = house.connect().await;
    line.send(house.head(4096).as_bytes()).await;
    let (said, took) = drip(&mut line, &[b' '; 4096]).await;
    assert!(is_the_limit(took), "{took:?}");
    assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&said));
}

#[tokio::test]
async fn half_a_message_is_closed_after_its_time_and_a_quiet_socket_is_not() {
    let house = House::open(Limits { message_time: SHORT, ..WIDE }).await;
    let mut quiet = house.web_socket(house.connect().await).await;
    let list = frame(0x81, br#"{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}"#);
    let pieces = [frame(0x01, b"{\"jsonrpc\""), frame(0x89, b"ping"), frame(0x00, b": \"2.0\"")].concat();
    // Half a frame, half a header, and a message of which the last piece never comes.
    for part in [&list[..list.len() / 2], &list[..1], &pieces] {
        let mut socket = house.web_socket(house.connect().await).await;
        let started = Instant::now();
        socket.send(part).await;
        let (said, ended) = socket.closed().await;
        assert!(is_the_limit(ended - started), "{:?}", ended - started);
        let close = [&[0x88, 26][..], &1008_u16.to_be_bytes(), b"a message does not arrive"].concat();
        assert!(said.ends_with(&close[2..]), "{said:?}");
    }
    let mut socket = house.web_socket(house.connect().await).await;
    let (_, took) = drip(&mut socket, &frame(0x81, &[b' '; 200])).await;
    assert!(is_the_limit(took), "{took:?}");

    // It has been quiet for longer than a message may take.
    quiet.send(&list).await;
    let mut first = [0; 2];
    let read = tokio::io::AsyncReadExt::read_exact(&mut quiet.0, &mut first);
    timeout(PATIENCE, read).await.unwrap().unwrap();
    assert_eq!(first[0], 0x81, "not a message");
}

#[tokio::test]
async fn a_socket_that_only_answers_pings_ends_with_its_token() {
    let house = House::open(Limits { ping_time: Duration::from_millis(50), ..WIDE }).await;
    let mut socket = house.web_socket(house.connect().await).await;
    // It lives on pings, and answers them, as long as the token does.
    for _ in 0..5 {
        let mut ping = [0; 2];
        let read = tokio::io::AsyncReadExt::read_exact(&mut socket.0, &mut ping);
        timeout(PATIENCE, read).await.unwrap().unwrap();
        assert_eq!(ping, [0x89, 0]);
        socket.send(&frame(0x8a, b"")).await;
    }
    house.clock.forward(Duration::from_secs(700));
    let (said, _) = socket.closed().await;
    let close = [&4401_u16.to_be_bytes()[..], b"the token is not valid any more"].concat();
    assert!(said.ends_with(&close), "{said:?}");
}
