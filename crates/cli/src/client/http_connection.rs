//! HTTP/1.1 over one kept connection, with bounded answers.

use super::stream::{Stream, to_endpoint};
use super::{ClientError, Endpoint, Trust};
use bytes::Bytes;
use domain::Secret;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;

/// Bytes of one answer; the server's own limit on a message is 4 MiB, and escapes can double it.
pub(crate) const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// A whole answer.
#[derive(Debug)]
pub(crate) struct HttpReply {
    /// The status.
    pub(crate) status: StatusCode,
    /// The body.
    pub(crate) body: Bytes,
}

/// One connection that is used for one request after another.
pub(crate) struct HttpConnection {
    sender: SendRequest<Full<Bytes>>,
    address: String,
    host: String,
}

impl HttpConnection {
    /// Connects to an MCP endpoint.
    pub(crate) async fn open(endpoint: &Endpoint, trust: &Trust) -> Result<Self, ClientError> {
        let stream = to_endpoint(endpoint, trust).await?;
        Self::over(stream, endpoint.url(), endpoint.authority()).await
    }

    /// Speaks HTTP over a stream. `address` is for messages, `host` for the `Host` header.
    pub(super) async fn over(stream: Stream, address: String, host: String) -> Result<Self, ClientError> {
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(|error| ClientError::unreachable(&address, error))?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended");
            }
        });
        Ok(Self { sender, address, host })
    }

    /// True if the other side has closed the connection.
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Sends one request and reads the whole answer.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        token: Option<&Secret<String>>,
        more_headers: HeaderMap,
        body: Bytes,
    ) -> Result<HttpReply, ClientError> {
        let unreachable = |error: hyper::Error| ClientError::unreachable(&self.address, error);
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().map_err(|_| ClientError::Address {
            url: self.address.clone(),
            why: "cannot be asked for this path",
        })?;
        let headers = request.headers_mut();
        *headers = more_headers;
        headers.insert(HOST, header(&self.host)?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, bearer(token)?);
        }
        self.sender.ready().await.map_err(unreachable)?;
        let reply = self.sender.send_request(request).await.map_err(unreachable)?;
        let status = reply.status();
        let body = Limited::new(reply.into_body(), MAX_BODY_BYTES)
            .collect()
            .await
            .map_err(|error| ClientError::unreachable(&self.address, error))?
            .to_bytes();
        if status == StatusCode::UNAUTHORIZED {
            return Err(ClientError::Unauthenticated { address: self.address.clone() });
        }
        Ok(HttpReply { status, body })
    }
}

/// `Bearer` and the token, never shown in a debug print.
pub(super) fn bearer(token: &Secret<String>) -> Result<HeaderValue, ClientError> {
    let mut value = header(&format!("Bearer {}", token.expose()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Text as a header. The error does not repeat it: it may be a token.
pub(super) fn header(text: &str) -> Result<HeaderValue, ClientError> {
    HeaderValue::from_str(text).map_err(|_| ClientError::Address {
        url: "a header".to_owned(),
        why: "has signs that HTTP cannot carry",
    })
}
