//! (b) The bare hop: what any gateway does at least. It verifies the token of every call, reads which
//! tool is meant, and passes the call on over a pooled connection.

use super::message::{call, refused};
use super::{next, serve_connection};
use anyhow::Result;
use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Known to both sides and to every reader of this file: it guards nothing.
const SECRET: &[u8] = b"a key for measuring, and for nothing else";
const ISSUER: &str = "bench";
const AUDIENCE: &str = "echo";
/// 2100-01-01.
const EXPIRES: u64 = 4_102_444_800;

/// One connection upstream for each of the most connections that can be asked for.
const POOLED_CONNECTIONS: usize = 1024;

#[derive(Deserialize, Serialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    exp: u64,
}

/// A token that the hop takes.
pub fn token(person: &str) -> Result<String> {
    let claims =
        Claims { iss: ISSUER.to_owned(), aud: AUDIENCE.to_owned(), sub: person.to_owned(), exp: EXPIRES };
    Ok(encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(SECRET))?)
}

struct Hop {
    client: Client<HttpConnector, Full<Bytes>>,
    upstream: Uri,
    host: HeaderValue,
    key: DecodingKey,
    rules: Validation,
}

pub async fn serve(listener: TcpListener, upstream: SocketAddr) -> Result<()> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_issuer(&[ISSUER]);
    rules.set_audience(&[AUDIENCE]);
    let hop = Arc::new(Hop {
        client: Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(POOLED_CONNECTIONS)
            .build(connector),
        upstream: format!("http://{upstream}/mcp").parse()?,
        host: upstream.to_string().parse()?,
        key: DecodingKey::from_secret(SECRET),
        rules,
    });
    loop {
        let hop = Arc::clone(&hop);
        let service = service_fn(move |request| {
            let hop = Arc::clone(&hop);
            async move { Ok::<_, Infallible>(hop.pass(request).await) }
        });
        serve_connection!(next(&listener).await?, service);
    }
}

impl Hop {
    async fn pass(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if !self.is_known(request.headers()) {
            return refused(StatusCode::UNAUTHORIZED);
        }
        let (mut parts, body) = request.into_parts();
        let Ok(body) = body.collect().await else { return refused(StatusCode::BAD_REQUEST) };
        let body = body.to_bytes();
        if call(&body).is_none_or(|(_, params)| params.name.is_empty()) {
            return refused(StatusCode::BAD_REQUEST);
        }
        parts.uri = self.upstream.clone();
        parts.headers.insert(HOST, self.host.clone());
        parts.headers.remove(AUTHORIZATION);
        let Ok(reply) = self.client.request(Request::from_parts(parts, Full::new(body))).await else {
            return refused(StatusCode::BAD_GATEWAY);
        };
        let (parts, body) = reply.into_parts();
        match body.collect().await {
            Ok(body) => Response::from_parts(parts, Full::new(body.to_bytes())),
            Err(_) => refused(StatusCode::BAD_GATEWAY),
        }
    }

    fn is_known(&self, headers: &HeaderMap) -> bool {
        let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        token.is_some_and(|token| decode::<Claims>(token, &self.key, &self.rules).is_ok())
    }
}
