//! How many connections there may be.

use crate::house::{House, PATIENCE, WIDE};
use gateway::Limits;
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test]
async fn one_connection_more_than_there_may_be_is_closed_at_once_and_the_others_live() {
    let house = House::open(Limits { connections: 4, ..WIDE }).await;
    let mut socket = house.web_socket(house.connect().await).await;
    let mut lines = Vec::new();
    for _ in 0..3 {
        let mut line = house.connect().await;
        assert!(line.is_alive().await);
        lines.push(line);
    }
    for _ in 0..3 {
        let (said, _) = house.connect().await.closed().await;
        assert!(said.is_empty(), "{said:?}");
    }
    for line in &mut lines {
        assert!(line.is_alive().await, "a connection that was there before did not live on");
    }
    socket.send(&crate::house::frame(0x89, b"still here?")).await;
    let mut pong = [0; 13];
    tokio::io::AsyncReadExt::read_exact(&mut socket.0, &mut pong).await.unwrap();
    assert_eq!(&pong[2..], b"still here?");

    // A place that is given back is taken again.
    lines.pop();
    let started = Instant::now();
    while !house.connect().await.is_alive().await {
        assert!(started.elapsed() < PATIENCE, "the place was not given back");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
