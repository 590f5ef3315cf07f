//! MCP over WebSocket: subprotocol `mcp`, one JSON-RPC message in each text frame.

use super::http_connection::{MAX_BODY_BYTES, bearer, header};
use super::stream::{Stream, to_endpoint};
use super::{ClientError, Endpoint, Trust};
use domain::Secret;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// The subprotocol's name.
const SUBPROTOCOL: &str = "mcp";

/// An open WebSocket.
pub(crate) struct WebSocketConnection {
    stream: WebSocketStream<Stream>,
    address: String,
}

/// The half that sends.
pub(crate) struct WebSocketSender(SplitSink<WebSocketStream<Stream>, Message>, String);

/// The half that receives.
pub(crate) struct WebSocketReceiver(SplitStream<WebSocketStream<Stream>>, String);

impl WebSocketConnection {
    /// Connects and upgrades.
    pub(crate) async fn open(
        endpoint: &Endpoint,
        trust: &Trust,
        token: &Secret<String>,
    ) -> Result<Self, ClientError> {
        let address = endpoint.url();
        let stream = to_endpoint(endpoint, trust).await?;
        let mut request = address.as_str().into_client_request().map_err(|_| ClientError::Address {
            url: address.clone(),
            why: "cannot be asked for a WebSocket",
        })?;
        request.headers_mut().insert(AUTHORIZATION, bearer(token)?);
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        request.headers_mut().insert(http::header::HOST, header(&endpoint.authority())?);
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MAX_BODY_BYTES))
            .max_frame_size(Some(MAX_BODY_BYTES));
        match client_async_with_config(request, stream, Some(limits)).await {
            Ok((stream, _)) => Ok(Self { stream, address }),
            Err(Error::Http(reply)) if reply.status() == StatusCode::UNAUTHORIZED => {
                Err(ClientError::Unauthenticated { address })
            }
            Err(Error::Http(reply)) => {
                Err(ClientError::answer(&address, format!("HTTP status {} to the upgrade", reply.status())))
            }
            Err(error) => Err(ClientError::unreachable(&address, error)),
        }
    }

    /// Sends one message.
    pub(crate) async fn send(&mut self, text: String) -> Result<(), ClientError> {
        self.stream
            .send(Message::text(text))
            .await
            .map_err(|error| ClientError::unreachable(&self.address, error))
    }

    /// The next message.
    pub(crate) async fn receive(&mut self) -> Result<String, ClientError> {
        loop {
            let message = self.stream.next().await;
            if let Some(text) = text_of(message, &self.address)? {
                return Ok(text);
            }
        }
    }

    /// Both directions apart.
    pub(crate) fn split(self) -> (WebSocketSender, WebSocketReceiver) {
        let (sender, receiver) = self.stream.split();
        (WebSocketSender(sender, self.address.clone()), WebSocketReceiver(receiver, self.address))
    }
}

impl WebSocketSender {
    /// Sends one message.
    pub(crate) async fn send(&mut self, text: String) -> Result<(), ClientError> {
        self.0.send(Message::text(text)).await.map_err(|error| ClientError::unreachable(&self.1, error))
    }

    /// Says goodbye.
    pub(crate) async fn close(&mut self) {
        let _gone_already = self.0.close().await;
    }
}

impl WebSocketReceiver {
    /// The next message.
    pub(crate) async fn receive(&mut self) -> Result<String, ClientError> {
        loop {
            let message = self.0.next().await;
            if let Some(text) = text_of(message, &self.1)? {
                return Ok(text);
            }
        }
    }
}

/// The text of a message; `None` for what the WebSocket layer answers by itself.
fn text_of(message: Option<Result<Message, Error>>, address: &str) -> Result<Option<String>, ClientError> {
    match message {
        Some(Ok(Message::Text(text))) => Ok(Some(text.as_str().to_owned())),
        Some(Ok(Message::Close(Some(frame)))) => {
            Err(ClientError::unreachable(address, format!("closed with {}: {}", frame.code, frame.reason)))
        }
        Some(Ok(Message::Close(None))) | None => Err(ClientError::unreachable(address, "closed")),
        Some(Ok(_)) => Ok(None),
        Some(Err(error)) => Err(ClientError::unreachable(address, error)),
    }
}
