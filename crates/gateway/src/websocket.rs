//! The WebSocket transport: one JSON-RPC message in each text frame, both eras, bearer on the upgrade.
//!
//! A custom transport beside Streamable HTTP; written down in `docs/websocket.md`. Every message is
//! authenticated by itself, so a token that ends while the socket is open ends its calls.

use crate::bearer::bearer;
use crate::http_service::{MAX_MESSAGE_BYTES, Reply, challenge, empty, frame, user_agent};
use crate::listener::{Shared, stopped};
use crate::stream::Stream;
use authn::Arrival;
use bytes::Bytes;
use domain::{Refusal, RefusalCode, Secret};
use futures_util::{SinkExt as _, StreamExt as _};
use http::header::{
    CONNECTION, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use pipeline::{Answer, Asked};
use protocol::{RequestId, Wire};
use scan::ScannedFrame;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};

/// The subprotocol's name.
const SUBPROTOCOL: &str = "mcp";

/// Calls of one socket at once; beyond it the socket is not read until one ends.
const MAX_IN_FLIGHT: usize = 64;

/// A ping finds a dead peer; NAT tables forget an idle connection after a few minutes.
const PING_EVERY: Duration = Duration::from_secs(30);

/// Three pings without a sign of life.
const SILENCE: Duration = Duration::from_secs(90);

/// The token is not good any more. Private use range, RFC 6455 §7.4.2.
const CLOSE_UNAUTHENTICATED: u16 = 4401;

/// Read buffer of one socket: a typical message fits, and an idle socket stays small.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// Answers the upgrade request; the socket is served by a task of its own.
pub(crate) fn upgrade(shared: Arc<Shared>, peer: IpAddr, mut request: Request<Incoming>) -> Reply {
    let headers = request.headers();
    let caller = Caller { credentials: bearer(headers), peer, user_agent: user_agent(headers) };
    if let Err(answer) = shared.pipeline.admit(&caller.arrival(Bytes::new())) {
        return challenge(&answer);
    }
    let Some(accept) = handshake(headers) else {
        let refusal = Refusal::new(RefusalCode::Malformed, "not a WebSocket upgrade with subprotocol `mcp`");
        return frame(&shared.pipeline.turn_away(peer, refusal));
    };
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgraded.await else { return };
        let Ok(parts) = upgraded.downcast::<TokioIo<Stream>>() else { return };
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(2 * MAX_MESSAGE_BYTES)
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        let (stream, early) = (parts.io.into_inner(), parts.read_buf);
        let socket =
            WebSocketStream::from_partially_read(stream, early.into(), Role::Server, Some(config)).await;
        Socket::new(shared, caller, socket).serve().await;
    });
    let mut reply = empty(StatusCode::SWITCHING_PROTOCOLS);
    let headers = reply.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    reply
}

/// The `Sec-WebSocket-Accept` of a well-formed upgrade that offers our subprotocol. RFC 6455 §4.2.
fn handshake(headers: &HeaderMap) -> Option<HeaderValue> {
    let has = |name: HeaderName, word: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)))
    };
    let is_upgrade =
        has(CONNECTION, "upgrade") && has(UPGRADE, "websocket") && has(SEC_WEBSOCKET_VERSION, "13");
    if !is_upgrade || !has(SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
        return None;
    }
    let key = headers.get(SEC_WEBSOCKET_KEY)?;
    HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok()
}

/// Who opened the socket.
struct Caller {
    credentials: Option<Secret<String>>,
    peer: IpAddr,
    user_agent: Option<Arc<str>>,
}

impl Caller {
    fn arrival(&self, body: Bytes) -> Arrival {
        Arrival {
            credentials: self.credentials.clone(),
            peer: self.peer,
            user_agent: self.user_agent.clone(),
            body,
        }
    }
}

/// Why a socket ends.
enum End {
    /// The peer went, or the line broke.
    Gone,
    /// We close it.
    Close(CloseCode, &'static str),
}

struct Socket {
    shared: Arc<Shared>,
    caller: Caller,
    stream: WebSocketStream<Stream>,
    calls: JoinSet<(RequestId, ScannedFrame)>,
    running: HashMap<RequestId, AbortHandle>,
    last_heard: Instant,
}

impl Socket {
    fn new(shared: Arc<Shared>, caller: Caller, stream: WebSocketStream<Stream>) -> Self {
        Self {
            shared,
            caller,
            stream,
            calls: JoinSet::new(),
            running: HashMap::new(),
            last_heard: Instant::now(),
        }
    }

    async fn serve(mut self) {
        let mut pings = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stopping = self.shared.stopping.clone();
        let end = loop {
            match self.step(&mut pings, &mut stopping).await {
                Ok(()) => {}
                Err(end) => break end,
            }
        };
        if let End::Close(code, reason) = end {
            let frame = CloseFrame { code, reason: reason.into() };
            let _ = self.stream.close(Some(frame)).await;
        }
        // Dropping the calls stops them: nobody is left to answer.
    }

    async fn step(
        &mut self,
        pings: &mut Interval,
        stopping: &mut tokio::sync::watch::Receiver<bool>,
    ) -> Result<(), End> {
        let has_room = self.running.len() < MAX_IN_FLIGHT;
        tokio::select! {
            Some(done) = self.calls.join_next(), if !self.calls.is_empty() => match done {
                Ok((id, answer)) => {
                    self.running.remove(&id);
                    self.send(&answer).await
                }
                // Cancelled by the client, or a fault of ours that its own span has told about.
                Err(_) => Ok(()),
            },
            message = self.stream.next(), if has_room => match message {
                Some(Ok(message)) => self.take(message).await,
                _ => Err(End::Gone),
            },
            _ = pings.tick() => {
                if self.last_heard.elapsed() > SILENCE {
                    return Err(End::Gone);
                }
                self.stream.send(Message::Ping(Bytes::new())).await.map_err(|_| End::Gone)
            }
            () = stopped(stopping) => Err(End::Close(CloseCode::Restart, "the server is going down")),
        }
    }

    async fn take(&mut self, message: Message) -> Result<(), End> {
        self.last_heard = Instant::now();
        let body = match message {
            Message::Text(text) => Bytes::from(text),
            Message::Binary(_) => return Err(End::Close(CloseCode::Unsupported, "text frames only")),
            Message::Close(_) => return Err(End::Gone),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => return Ok(()),
        };
        let pipeline = Arc::clone(&self.shared.pipeline);
        match pipeline.receive(self.caller.arrival(body), &Wire::WebSocket).await {
            Answer::Frame(answer) => self.send(&answer).await,
            Answer::Unauthenticated(answer) => {
                self.send(&answer).await?;
                Err(End::Close(CloseCode::Library(CLOSE_UNAUTHENTICATED), "the token is not valid any more"))
            }
            Answer::Accepted => Ok(()),
            Answer::Cancel(id) => {
                if let Some(call) = self.running.remove(&id) {
                    call.abort();
                }
                Ok(())
            }
            Answer::Serve(asked) => self.start(asked).await,
        }
    }

    async fn start(&mut self, asked: Asked) -> Result<(), End> {
        let id = asked.id().clone();
        if self.running.contains_key(&id) {
            let refusal =
                Refusal::new(RefusalCode::Malformed, "a request of this id is running on the socket");
            let answer = self.shared.pipeline.turn_away(self.caller.peer, refusal);
            return self.send(&answer).await;
        }
        let pipeline = Arc::clone(&self.shared.pipeline);
        let name = id.clone();
        let call = self.calls.spawn(async move { (name, pipeline.serve(asked).await) });
        self.running.insert(id, call);
        Ok(())
    }

    async fn send(&mut self, answer: &ScannedFrame) -> Result<(), End> {
        let text = answer.bytes().try_into().map_err(|_| End::Gone)?;
        self.stream.send(Message::Text(text)).await.map_err(|_| End::Gone)
    }
}
