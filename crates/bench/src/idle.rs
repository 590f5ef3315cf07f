//! What an idle WebSocket costs in memory, and what is left of a call on it.

use crate::connection::{Transport, WebSocket};
use crate::load::next_call;
use crate::machine::resident_kib;
use crate::product::{Home, Site};
use anyhow::Result;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;
use std::time::{Duration, Instant};

/// Handshakes at once.
const OPENING: usize = 32;
/// Until what opening used is given back.
const SETTLE: Duration = Duration::from_secs(2);

/// Idle WebSockets of one server.
#[derive(Clone, Debug, Serialize)]
pub struct Idle {
    /// Whether over TLS.
    pub tls: bool,
    /// How many.
    pub sockets: u32,
    /// The server without one. KiB.
    pub before_kib: u64,
    /// More memory for each, opened and left alone. KiB.
    pub each_kib: f64,
    /// The same after one governed call on each. KiB.
    pub each_after_call_kib: f64,
    /// The time that opening them took. Seconds.
    pub opening_seconds: f64,
}

/// Opens `sockets` authenticated WebSockets on a fresh server.
pub async fn measure(site: &Site, home: &Home, sockets: u32, tls: bool) -> Result<Idle> {
    let (process, _) = home.start(site).await?;
    let tokens = home.tokens().await?;
    tokio::time::sleep(SETTLE).await;
    let before_kib = resident_kib(process.pid())?;
    let endpoint = home.endpoint(Transport::WebSocket);
    let opening = Instant::now();
    let mut open: Vec<WebSocket> = stream::iter(0..sockets)
        .map(|at| endpoint.web_socket(tokens.get(at as usize % tokens.len().max(1)).map(String::as_str)))
        .buffer_unordered(OPENING)
        .try_collect()
        .await?;
    let opening_seconds = opening.elapsed().as_secs_f64();
    tokio::time::sleep(SETTLE).await;
    let each = |kib: u64| kib.saturating_sub(before_kib) as f64 / f64::from(sockets.max(1));
    let each_kib = each(resident_kib(process.pid())?);
    for socket in &mut open {
        let call = next_call();
        call.check(&socket.call(call.body.clone()).await?)?;
    }
    tokio::time::sleep(SETTLE).await;
    let each_after_call_kib = each(resident_kib(process.pid())?);
    drop(open);
    Home::stop(process);
    Ok(Idle { tls, sockets, before_kib, each_kib, each_after_call_kib, opening_seconds })
}
