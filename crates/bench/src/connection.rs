//! Client connections: HTTP/1.1 kept alive or WebSocket, plain or TLS.

use crate::call::PROTOCOL_VERSION;
use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, SEC_WEBSOCKET_PROTOCOL};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// The client's own buffer; thousands of sockets are opened at once.
const SOCKET_BUFFER_BYTES: usize = 4 * 1024;

/// Where a server is and how it is spoken to.
#[derive(Clone)]
pub struct Endpoint {
    /// Its address; also its name in the `Host` header.
    pub address: SocketAddr,
    /// How messages are carried.
    pub transport: Transport,
    /// Whom to trust, if it speaks TLS.
    pub tls: Option<Arc<ClientConfig>>,
}

/// How messages are carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// One `POST /mcp` for each call.
    Http,
    /// One text frame for each call.
    WebSocket,
}

trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}
type Stream = Box<dyn Duplex>;

/// An open connection.
pub enum Connection {
    /// HTTP, with the headers of every request.
    Http(SendRequest<Full<Bytes>>, HeaderMap),
    /// WebSocket.
    WebSocket(Box<WebSocket>),
}

/// An open WebSocket.
pub struct WebSocket(WebSocketStream<Stream>);

/// TLS that trusts one authority.
pub fn trusting(authority_pem: &str) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(
        CertificateDer::from_pem_slice(authority_pem.as_bytes()).context("the authority's certificate")?,
    )?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

impl Endpoint {
    /// Opens a connection.
    pub async fn connect(&self, token: Option<&str>) -> Result<Connection> {
        match self.transport {
            Transport::Http => {
                let headers = self.headers(token)?;
                Ok(Connection::Http(http_over(self.stream().await?).await?, headers))
            }
            Transport::WebSocket => Ok(Connection::WebSocket(Box::new(self.web_socket(token).await?))),
        }
    }

    /// The status of a `GET` without credentials.
    pub async fn get(&self, path: &str) -> Result<StatusCode> {
        let mut sender = http_over(self.stream().await?).await?;
        let request = Request::get(path).header(HOST, self.address.to_string()).body(Full::default())?;
        Ok(sender.send_request(request).await?.status())
    }

    /// Opens a WebSocket.
    pub async fn web_socket(&self, token: Option<&str>) -> Result<WebSocket> {
        let scheme = if self.tls.is_some() { "wss" } else { "ws" };
        let mut request = format!("{scheme}://{}/mcp/ws", self.address).into_client_request()?;
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("mcp"));
        if let Some(token) = token {
            request.headers_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse()?);
        }
        let config = WebSocketConfig::default().read_buffer_size(SOCKET_BUFFER_BYTES).write_buffer_size(0);
        let opened = client_async_with_config(request, self.stream().await?, Some(config)).await;
        Ok(WebSocket(opened.context("the upgrade was refused")?.0))
    }

    async fn stream(&self) -> Result<Stream> {
        let socket =
            TcpStream::connect(self.address).await.with_context(|| format!("nobody at {}", self.address))?;
        socket.set_nodelay(true)?;
        Ok(match &self.tls {
            None => Box::new(socket),
            Some(config) => {
                let name = ServerName::from(self.address.ip());
                Box::new(TlsConnector::from(Arc::clone(config)).connect(name, socket).await.context("TLS")?)
            }
        })
    }

    fn headers(&self, token: Option<&str>) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, self.address.to_string().parse()?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        let mirrored =
            [("mcp-protocol-version", PROTOCOL_VERSION), ("mcp-method", "tools/call"), ("mcp-name", "echo")];
        for (name, value) in mirrored {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, format!("Bearer {token}").parse()?);
        }
        Ok(headers)
    }
}

/// HTTP/1.1 over a stream; the connection is driven by a task of its own.
pub async fn http_over<S>(stream: S) -> Result<SendRequest<Full<Bytes>>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        // What went wrong comes out of the request that was under way.
        let _ended = connection.await;
    });
    Ok(sender)
}

impl Connection {
    /// Sends one call and waits for its whole reply.
    pub async fn call(&mut self, body: Bytes) -> Result<Bytes> {
        match self {
            Self::Http(sender, headers) => {
                let mut request = Request::new(Full::new(body));
                *request.method_mut() = Method::POST;
                *request.uri_mut() = http::Uri::from_static("/mcp");
                *request.headers_mut() = headers.clone();
                sender.ready().await?;
                let reply = sender.send_request(request).await?;
                let status = reply.status();
                let body = reply.into_body().collect().await?.to_bytes();
                ensure!(status == StatusCode::OK, "status {status}: {}", crate::call::shown(&body));
                Ok(body)
            }
            Self::WebSocket(socket) => socket.call(body).await,
        }
    }
}

impl WebSocket {
    /// Sends one call and waits for the next message.
    pub async fn call(&mut self, body: Bytes) -> Result<Bytes> {
        self.0.send(Message::Text(body.try_into()?)).await?;
        loop {
            match self.0.next().await.context("the socket was closed")?? {
                Message::Text(text) => return Ok(text.into()),
                Message::Close(frame) => bail!("the socket was closed: {frame:?}"),
                _ => {}
            }
        }
    }
}
