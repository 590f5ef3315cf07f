//! One principal's way to the MCP endpoint, over https or wss.

use super::{
    CallReply, ClientError, Endpoint, HttpConnection, Mirrored, Transport, Trust, WebSocketConnection,
    call_tool, list_tools,
};
use bytes::Bytes;
use domain::Secret;
use http::Method;
use serde_json::Value;
use serde_json::value::RawValue;

/// Frames that are no answer to the request before we give up: progress and log notices.
const MAX_OTHER_FRAMES: usize = 1000;

/// A connected client.
pub(crate) struct McpClient {
    line: Line,
    token: Secret<String>,
    endpoint: Endpoint,
    next_id: u64,
}

enum Line {
    Http(HttpConnection),
    WebSocket(Box<WebSocketConnection>),
}

impl McpClient {
    /// Connects to `endpoint` with `token`.
    pub(crate) async fn connect(
        endpoint: Endpoint,
        trust: &Trust,
        token: Secret<String>,
    ) -> Result<Self, ClientError> {
        let line = match endpoint.transport {
            Transport::Https => Line::Http(HttpConnection::open(&endpoint, trust).await?),
            Transport::Wss => {
                Line::WebSocket(Box::new(WebSocketConnection::open(&endpoint, trust, &token).await?))
            }
        };
        Ok(Self { line, token, endpoint, next_id: 1 })
    }

    /// Calls a tool.
    pub(crate) async fn call(&mut self, tool: &str, arguments: &RawValue) -> Result<CallReply, ClientError> {
        let id = self.next_id;
        let (text, mirrored) = call_tool(id, tool, arguments);
        self.ask(id, text, &mirrored).await
    }

    /// The definitions of the tools that the caller sees.
    pub(crate) async fn tools(&mut self) -> Result<Vec<Value>, ClientError> {
        let id = self.next_id;
        let (text, mirrored) = list_tools(id);
        let reply = self.ask(id, text, &mirrored).await?;
        let tools = reply.message.pointer("/result/tools").and_then(Value::as_array);
        Ok(tools.cloned().unwrap_or_default())
    }

    async fn ask(&mut self, id: u64, text: String, mirrored: &Mirrored) -> Result<CallReply, ClientError> {
        self.next_id += 1;
        let address = self.endpoint.url();
        match &mut self.line {
            Line::Http(connection) => {
                let headers = mirrored.headers()?;
                let reply = connection
                    .send(Method::POST, &self.endpoint.path, Some(&self.token), headers, Bytes::from(text))
                    .await?;
                CallReply::read(&address, &reply.body)
                    .map_err(|_| ClientError::answer(&address, format!("HTTP status {}", reply.status)))
            }
            Line::WebSocket(socket) => {
                socket.send(text).await?;
                for _ in 0..MAX_OTHER_FRAMES {
                    let frame = socket.receive().await?;
                    let answers = serde_json::from_str::<Value>(&frame).is_ok_and(|message| {
                        message.get("id").is_none_or(|answered| answered.as_u64() == Some(id))
                            && message.get("method").is_none()
                    });
                    if answers {
                        return CallReply::read(&address, frame.as_bytes());
                    }
                }
                Err(ClientError::answer(&address, "with other messages only"))
            }
        }
    }
}
