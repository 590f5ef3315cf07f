//! Streamable HTTP: one request, one answer.

use crate::bearer::bearer;
use crate::forwarded;
use crate::held::keep;
use crate::listener::{Place, Shared};
use crate::protected_resource::{WELL_KNOWN, WELL_KNOWN_MCP};
use crate::websocket;
use authn::Arrival;
use bytes::Bytes;
use domain::{Refusal, RefusalCode};
use http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, TRANSFER_ENCODING,
    USER_AGENT, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Body as _;
use hyper::body::Incoming;
use pipeline::Answer;
use protocol::{Header, Wire};
use scan::ScannedFrame;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::time::timeout;

/// Bytes of one message. The arguments' own limit is 256 KiB; the largest message of the MCP
/// conformance suite has under 100 KiB.
pub(crate) const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// Signs of a user agent that go into a record.
const MAX_USER_AGENT_SIGNS: usize = 256;

pub(crate) type Reply = Response<Full<Bytes>>;

/// Routes one HTTP request.
pub(crate) async fn respond(
    shared: Arc<Shared>,
    peer: IpAddr,
    place: Place,
    request: Request<Incoming>,
) -> Reply {
    let (parts, body) = request.into_parts();
    let peer = forwarded::client(peer, &parts.headers, &shared.front.proxies);
    match (parts.method.clone(), parts.uri.path()) {
        (Method::GET, "/healthz") => return plain(StatusCode::OK, "ok\n"),
        (Method::GET, "/readyz") if shared.pipeline.is_ready() => return plain(StatusCode::OK, "ready\n"),
        (Method::GET, "/readyz") => {
            return plain(StatusCode::SERVICE_UNAVAILABLE, "the audit log takes no records\n");
        }
        _ => {}
    }
    if let Err(refusal) = shared.front.guard.check(&parts) {
        return frame(&shared.pipeline.turn_away(peer, refusal));
    }
    match (&parts.method, parts.uri.path(), parts.uri.query()) {
        (&Method::POST, "/mcp", None) => {
            let mut reply = post(&shared, peer, &parts.headers, body).await;
            // It may have named a length as well, which is taken off before we see it. What a proxy counts
            // as the rest of the body must not be read as the next request. RFC 9112 §6.1.
            if parts.headers.contains_key(TRANSFER_ENCODING) {
                reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            reply
        }
        (&Method::GET, "/mcp/ws", None) => {
            websocket::upgrade(shared, peer, place, Request::from_parts(parts, body)).await
        }
        (&Method::GET, WELL_KNOWN | WELL_KNOWN_MCP, None) => shared.front.resource.answer(),
        (_, "/mcp", None) => not_allowed(&shared, peer, "POST"),
        (_, "/mcp/ws" | WELL_KNOWN | WELL_KNOWN_MCP, None) => not_allowed(&shared, peer, "GET"),
        (_, "/mcp" | "/mcp/ws", Some(_)) => {
            // A token in a query string ends up in logs; nothing of ours is asked for in one.
            frame(&shared.pipeline.turn_away(peer, Refusal::new(RefusalCode::Malformed, "a query string")))
        }
        _ => {
            shared.note(peer, RefusalCode::UnknownMethod, "no such path");
            plain(StatusCode::NOT_FOUND, "not found\n")
        }
    }
}

async fn post(shared: &Shared, peer: IpAddr, headers: &HeaderMap, body: Incoming) -> Reply {
    let is_json = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if !is_json {
        let refusal = Refusal::new(RefusalCode::Malformed, "the content type is not application/json");
        let mut reply = frame(&shared.pipeline.turn_away(peer, refusal));
        *reply.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return reply;
    }
    // A few bytes can be made to unpack to gigabytes, so nothing is unpacked at all.
    if headers.contains_key(CONTENT_ENCODING) {
        let refusal = Refusal::new(RefusalCode::Malformed, "the body has a content coding");
        let mut reply = frame(&shared.pipeline.turn_away(peer, refusal));
        *reply.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return reply;
    }
    let arrival =
        |body| Arrival { credentials: bearer(headers), peer, user_agent: user_agent(headers), body };
    // Nothing is read for a caller who is not known: a 401 costs no memory.
    let (caller, _standing) = match shared.pipeline.admit(&arrival(Bytes::new())).await {
        Ok(caller) => caller,
        Err(answer) => return challenge(shared, headers, &answer),
    };
    // Nor for one who has as many requests under way as it may have: the others wait unread.
    let share = shared.shares.of(&caller);
    let length = body.size_hint().exact().unwrap_or(MAX_MESSAGE_BYTES as u64);
    let waiting = async {
        let mut room = share.run().await;
        room.add(share.message(length.min(MAX_MESSAGE_BYTES as u64)).await);
        room
    };
    let Ok(room) = timeout(shared.limits.body_time, waiting).await else {
        let refusal = Refusal::new(RefusalCode::Busy, "the principal has as much under way as it may have");
        return frame(&shared.pipeline.turn_away(peer, refusal.with_retry_after_ms(1000)));
    };
    let mut reply = read_and_answer(shared, peer, headers, body, arrival).await;
    keep(&mut reply, room);
    reply
}

async fn read_and_answer(
    shared: &Shared,
    peer: IpAddr,
    headers: &HeaderMap,
    body: Incoming,
    arrival: impl Fn(Bytes) -> Arrival,
) -> Reply {
    let body = match timeout(shared.limits.body_time, Limited::new(body, MAX_MESSAGE_BYTES).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let refusal = Refusal::new(RefusalCode::TooLarge, "the body is over the limit");
            return frame(&shared.pipeline.turn_away(peer, refusal));
        }
        Ok(Err(_)) | Err(_) => {
            let refusal = Refusal::new(RefusalCode::Malformed, "the body does not arrive");
            return frame(&shared.pipeline.turn_away(peer, refusal));
        }
    };
    let wire = Wire::Http {
        protocol_version: header(headers, "mcp-protocol-version"),
        method: header(headers, "mcp-method"),
        name: header(headers, "mcp-name"),
    };
    match shared.pipeline.receive(arrival(body), &wire).await {
        Answer::Frame(answer) => frame(&answer),
        Answer::Unauthenticated(answer) => challenge(shared, headers, &answer),
        Answer::Serve(asked) => {
            let answer = shared.pipeline.serve(asked).await;
            // The caller was revoked while the call ran.
            let is_over = answer.http_status() == StatusCode::UNAUTHORIZED.as_u16();
            if is_over { challenge(shared, headers, &answer) } else { frame(&answer) }
        }
        // Over HTTP a request is cancelled by closing its connection.
        Answer::Accepted | Answer::Cancel(_) => empty(StatusCode::ACCEPTED),
    }
}

/// What the client calls itself, visible signs only, cut.
pub(crate) fn user_agent(headers: &HeaderMap) -> Option<Arc<str>> {
    let text = headers.get(USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(MAX_USER_AGENT_SIGNS).collect::<String>().into())
}

fn header(headers: &HeaderMap, name: &str) -> Header {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (None, _) => Header::Absent,
        (Some(value), None) => value.to_str().map_or(Header::Unreadable, |text| Header::One(text.to_owned())),
        _ => Header::Unreadable,
    }
}

/// A scanned frame as a response.
pub(crate) fn frame(frame: &ScannedFrame) -> Reply {
    let mut reply = Response::new(Full::new(frame.bytes()));
    *reply.status_mut() =
        StatusCode::from_u16(frame.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

/// 401 with the challenge of RFC 6750 §3.
pub(crate) fn challenge(shared: &Shared, headers: &HeaderMap, answer: &ScannedFrame) -> Reply {
    let mut reply = frame(answer);
    let challenge = shared.front.resource.challenge(headers.contains_key(AUTHORIZATION));
    reply.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    reply
}

/// A response without a message.
pub(crate) fn empty(status: StatusCode) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::new()));
    *reply.status_mut() = status;
    reply
}

fn not_allowed(shared: &Shared, peer: IpAddr, method: &'static str) -> Reply {
    shared.note(peer, RefusalCode::UnknownMethod, "another method");
    let mut reply = empty(StatusCode::METHOD_NOT_ALLOWED);
    reply.headers_mut().insert(ALLOW, HeaderValue::from_static(method));
    reply
}

fn plain(status: StatusCode, text: &'static str) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    reply
}
