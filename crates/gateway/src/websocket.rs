//! The WebSocket transport: one JSON-RPC message in each text frame, both eras, bearer on the upgrade.
//!
//! A custom transport beside Streamable HTTP; written down in `docs/websocket.md`. Every message is
//! authenticated by itself, so a token that ends while the socket is open ends its calls.

use crate::bearer::bearer;
use crate::http_service::{Reply, challenge, empty, frame, user_agent};
use crate::listener::{DRAIN_TIME, Place, Shared, stopped};
use crate::shares::{Holder, Room};
use crate::slim::Slim;
use crate::stream::Stream;
use authn::Arrival;
use bytes::Bytes;
use domain::{Refusal, RefusalCode, Secret};
use http::header::{
    CONNECTION, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use pipeline::{Answer, Asked};
use protocol::{RequestId, Wire};
use revocation::Standing;
use scan::ScannedFrame;
use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{self, AbortHandle, JoinError, JoinSet};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

/// The subprotocol's name.
const SUBPROTOCOL: &str = "mcp";

/// Calls of one socket at once; one more is refused with `busy`.
const MAX_IN_FLIGHT: usize = 64;

/// Pings without a sign of life.
const SILENT_PINGS: u32 = 3;

/// The token is not good any more. Private use range, RFC 6455 §7.4.2.
const CLOSE_UNAUTHENTICATED: u16 = 4401;
const NOT_VALID: &str = "the token is not valid any more";

/// What a revoked caller's calls get to write their records, and the peer to take the close frame: both
/// together are within the second in which a revocation has to hold.
const CUT_OFF_TIME: Duration = Duration::from_millis(400);

/// Answers the upgrade request; the socket is served by a task of its own.
pub(crate) async fn upgrade(
    shared: Arc<Shared>,
    peer: IpAddr,
    place: Place,
    mut request: Request<Incoming>,
) -> Reply {
    let headers = request.headers();
    let caller = Caller { credentials: bearer(headers), peer, user_agent: user_agent(headers) };
    let (principal, standing) = match shared.pipeline.admit(&caller.arrival(Bytes::new())).await {
        Ok(admitted) => admitted,
        Err(answer) => return challenge(&shared, headers, &answer),
    };
    let Some(accept) = handshake(headers) else {
        let refusal = Refusal::new(RefusalCode::Malformed, "not a WebSocket upgrade with subprotocol `mcp`");
        return frame(&shared.pipeline.turn_away(peer, refusal));
    };
    let share = shared.shares.of(&principal);
    let Some(room) = share.socket() else {
        let refusal = Refusal::new(RefusalCode::Busy, "the principal has as many sockets as it may have");
        return frame(&shared.pipeline.turn_away(peer, refusal.with_retry_after_ms(1000)));
    };
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgraded.await else { return };
        let Ok(parts) = upgraded.downcast::<TokioIo<Stream>>() else { return };
        let (stream, early) = (parts.io.into_inner(), parts.read_buf);
        let socket = Slim::new(stream, &early, shared.limits.message_time, Arc::clone(&share)).await;
        Socket::new(shared, caller, share, socket).serve(standing).await;
        drop((place, room));
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
    /// The caller was revoked: we close it, and soon.
    CutOff,
}

struct Socket {
    shared: Arc<Shared>,
    caller: Caller,
    share: Arc<Holder>,
    stream: Slim<Stream>,
    calls: JoinSet<ScannedFrame>,
    /// The running requests. A call that is no longer in here has been cancelled and is not answered.
    running: HashMap<RequestId, AbortHandle>,
    last_heard: Instant,
}

impl Socket {
    fn new(shared: Arc<Shared>, caller: Caller, share: Arc<Holder>, stream: Slim<Stream>) -> Self {
        Self {
            shared,
            caller,
            share,
            stream,
            calls: JoinSet::new(),
            running: HashMap::new(),
            last_heard: Instant::now(),
        }
    }

    async fn serve(mut self, mut standing: Standing) {
        let ping_time = self.shared.limits.ping_time;
        let mut pings = interval_at(Instant::now() + ping_time, ping_time);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stopping = self.shared.stopping.clone();
        let end = loop {
            let step = tokio::select! {
                step = self.step(&mut pings) => step,
                // Whatever is being sent to somebody who is revoked stops where it is.
                _ = standing.lost(None) => Err(self.cut_off().await),
                () = stopped(&mut stopping) => {
                    let _drained = timeout(DRAIN_TIME, self.drain()).await;
                    Err(End::Close(CloseCode::Restart, "the server is going down"))
                }
            };
            if let Err(end) = step {
                break end;
            }
        };
        let limits = self.shared.limits;
        let (code, reason, time) = match end {
            End::Gone => return,
            End::Close(code, reason) => (code, reason, limits.write_time),
            End::CutOff => (CloseCode::Library(CLOSE_UNAUTHENTICATED), NOT_VALID, CUT_OFF_TIME),
        };
        let frame = CloseFrame { code, reason: reason.into() };
        let _closed = timeout(time, self.stream.close(frame)).await;
        // Dropping the calls stops them: nobody is left to answer.
    }

    /// The caller is revoked. Their calls hear of it as well and end by themselves; nobody is answered.
    async fn cut_off(&mut self) -> End {
        let _ended = timeout(CUT_OFF_TIME, async { while self.calls.join_next().await.is_some() {} }).await;
        let refusal = Refusal::new(RefusalCode::Unauthenticated, "revoked while a socket was open");
        let _nobody_is_answered = self.shared.pipeline.turn_away(self.caller.peer, refusal);
        End::CutOff
    }

    /// Answers the calls in flight; takes no more.
    async fn drain(&mut self) -> Result<(), End> {
        while let Some(done) = self.calls.join_next_with_id().await {
            self.finish(done).await?;
        }
        Ok(())
    }

    /// One event of the socket. Dropped between events only at a wait, never in the middle of a frame:
    /// what is sent is sent by [`Socket::send`], which ends the socket if it cannot finish.
    async fn step(&mut self, pings: &mut Interval) -> Result<(), End> {
        let event = tokio::select! {
            Some(done) = self.calls.join_next_with_id(), if !self.calls.is_empty() => Event::Done(done),
            message = self.stream.next() => Event::Message(message),
            _ = pings.tick() => Event::Ping,
        };
        match event {
            Event::Done(done) => self.finish(done).await,
            Event::Message(Some(Ok(message))) => self.take(message).await,
            Event::Message(Some(Err(error))) => Err(self.broken(&error)),
            Event::Message(None) => Err(End::Gone),
            Event::Ping => self.ping().await,
        }
    }

    /// What cannot be read ends the socket, and is recorded; a peer that went is not.
    fn broken(&self, error: &Error) -> End {
        let (close, code, reason) = match error {
            Error::Io(error) if error.kind() == ErrorKind::TimedOut => {
                (CloseCode::Policy, RefusalCode::Timeout, "a message does not arrive")
            }
            Error::Capacity(_) => (CloseCode::Size, RefusalCode::TooLarge, "a message is over the limit"),
            Error::Utf8(_) => (CloseCode::Invalid, RefusalCode::Malformed, "a text is no UTF-8"),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return End::Gone,
            Error::Protocol(_) => (CloseCode::Protocol, RefusalCode::Malformed, "not a frame"),
            _ => return End::Gone,
        };
        self.shared.note(self.caller.peer, code, reason);
        End::Close(close, reason)
    }

    /// An idle socket is held by its token like any other.
    async fn ping(&mut self) -> Result<(), End> {
        if self.last_heard.elapsed() > SILENT_PINGS * self.shared.limits.ping_time {
            return Err(End::Gone);
        }
        if let Err(answer) = self.shared.pipeline.admit(&self.caller.arrival(Bytes::new())).await {
            return self.turn_out(&answer).await;
        }
        self.write(Message::Ping(Bytes::new())).await
    }

    async fn turn_out(&mut self, answer: &ScannedFrame) -> Result<(), End> {
        self.send(answer).await?;
        Err(End::Close(CloseCode::Library(CLOSE_UNAUTHENTICATED), NOT_VALID))
    }

    /// Sends a finished call's answer, unless the call was cancelled in the meantime.
    async fn finish(&mut self, done: Result<(task::Id, ScannedFrame), JoinError>) -> Result<(), End> {
        let (task, answer) = match done {
            Ok((task, answer)) => (task, Some(answer)),
            Err(error) => (error.id(), None),
        };
        let asked = self.running.iter().find(|(_, call)| call.id() == task).map(|(id, _)| id.clone());
        let Some(id) = asked else { return Ok(()) };
        self.running.remove(&id);
        match answer {
            Some(answer) => self.send(&answer).await,
            // It was not cancelled by the client, so it broke: that is ours to say.
            None => {
                let refusal = Refusal::new(RefusalCode::Internal, "a call ended without an answer");
                let answer = self.shared.pipeline.apologise(id, refusal);
                self.send(&answer).await
            }
        }
    }

    async fn take(&mut self, message: Message) -> Result<(), End> {
        self.last_heard = Instant::now();
        let body = match message {
            Message::Text(text) => Bytes::from(text),
            Message::Binary(_) => {
                self.shared.note(self.caller.peer, RefusalCode::Malformed, "a binary frame");
                return Err(End::Close(CloseCode::Unsupported, "text frames only"));
            }
            Message::Close(_) => return Err(End::Gone),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => return Ok(()),
        };
        let room = self.stream.take_room();
        let pipeline = Arc::clone(&self.shared.pipeline);
        match pipeline.receive(self.caller.arrival(body), &Wire::WebSocket).await {
            Answer::Frame(answer) => self.send(&answer).await,
            Answer::Unauthenticated(answer) => self.turn_out(&answer).await,
            Answer::Accepted => Ok(()),
            Answer::Cancel(id) => {
                if let Some(call) = self.running.remove(&id) {
                    call.abort();
                }
                Ok(())
            }
            Answer::Serve(asked) => self.start(asked, room).await,
        }
    }

    /// Runs a request as soon as its principal has room; until then it is pending.
    async fn start(&mut self, asked: Asked, mut room: Room) -> Result<(), End> {
        let pipeline = Arc::clone(&self.shared.pipeline);
        let pending = self.share.pending();
        let refusal = if self.running.contains_key(asked.id()) {
            Some(Refusal::new(RefusalCode::Malformed, "a request of this id is running on the socket"))
        } else if self.calls.len() >= MAX_IN_FLIGHT {
            Some(Refusal::new(RefusalCode::Busy, "the socket has as many calls in flight as it may have"))
        } else if pending.is_none() {
            let refusal =
                Refusal::new(RefusalCode::Busy, "the principal has as many calls in flight as it may have");
            Some(refusal.with_retry_after_ms(1000))
        } else {
            None
        };
        if let Some(refusal) = refusal {
            let answer = pipeline.decline(asked, refusal).await;
            return self.send(&answer).await;
        }
        let id = asked.id().clone();
        let share = Arc::clone(&self.share);
        let call = self.calls.spawn(async move {
            room.add(share.run().await);
            let answer = pipeline.serve(asked).await;
            drop((room, pending));
            answer
        });
        self.running.insert(id, call);
        Ok(())
    }

    async fn send(&mut self, answer: &ScannedFrame) -> Result<(), End> {
        let text = answer.bytes().try_into().map_err(|_| End::Gone)?;
        self.write(Message::Text(text)).await
    }

    /// A peer that does not read is let go: its socket holds memory that others want.
    async fn write(&mut self, message: Message) -> Result<(), End> {
        match timeout(self.shared.limits.write_time, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(End::Gone),
        }
    }
}

/// What can happen to a socket.
enum Event {
    Done(Result<(task::Id, ScannedFrame), JoinError>),
    Message(Option<Result<Message, Error>>),
    Ping,
}
