//! The small client that the commands use: MCP over https and wss, the admin plane over its socket
//! or port.
//!
//! Connecting out is this module's job: it goes where the operator says, to the server and nowhere
//! else. It follows no redirect and reads no proxy setting. It knows no command.
#![allow(clippy::disallowed_methods, reason = "a client program connects to the server that it was told")]

mod admin_client;
mod endpoint;
mod http_connection;
mod mcp;
mod reply;
mod request;
mod stream;
mod tls;
mod web_socket;

pub(crate) use admin_client::AdminClient;
pub(crate) use endpoint::{Endpoint, Transport};
pub(crate) use http_connection::{HttpConnection, HttpReply};
pub(crate) use mcp::McpClient;
pub(crate) use reply::CallReply;
pub(crate) use request::{Mirrored, call_tool, list_tools};
pub(crate) use tls::Trust;
pub(crate) use web_socket::{WebSocketConnection, WebSocketReceiver, WebSocketSender};

use std::error::Error;

/// Why there is no answer. Nothing of a token is ever in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// The address is not one that this client goes to.
    #[error("`{url}` {why}")]
    Address { url: String, why: &'static str },
    /// The certificates to trust cannot be had.
    #[error("the certificates in `{file}` cannot be used")]
    Trust { file: String, source: Box<dyn Error + Send + Sync> },
    /// The server shows a certificate of an authority that is not trusted, or of another name.
    #[error("{address} cannot prove who it is: {why}")]
    Untrusted { address: String, why: &'static str },
    /// Nobody answers, or the line broke.
    #[error("{address} does not answer")]
    Unreachable { address: String, source: Box<dyn Error + Send + Sync> },
    /// It answered, and not as a server of this kind does.
    #[error("{address} answered {what}")]
    Answer { address: String, what: String },
    /// The token was refused.
    #[error("{address} refused the token")]
    Unauthenticated { address: String },
}

impl ClientError {
    /// No answer from `address`, with what the system said.
    pub(crate) fn unreachable(address: &str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unreachable { address: address.to_owned(), source: source.into() }
    }

    /// An answer that is none.
    pub(crate) fn answer(address: &str, what: impl Into<String>) -> Self {
        Self::Answer { address: address.to_owned(), what: what.into() }
    }
}

impl From<ClientError> for crate::Failure {
    fn from(error: ClientError) -> Self {
        let cause = with_sources(&error);
        match error {
            ClientError::Address { .. } => {
                Self::usage("address", cause, "give https://HOST[:PORT] or wss://HOST[:PORT]")
            }
            ClientError::Trust { .. } => Self::usage("ca_file", cause, "give a PEM file with --ca-file"),
            ClientError::Unreachable { address, .. } => {
                Self::unreachable(&address, with_sources_after(&cause))
            }
            ClientError::Untrusted { .. } => Self::new(
                crate::Exit::Unreachable,
                "untrusted",
                cause,
                "give the authority that signed the server's certificate with --ca-file; quickstart prints its path",
            ),
            ClientError::Answer { .. } => Self::usage(
                "not_a_server",
                cause,
                "check the address: a Secure MCP Server answers in another way",
            ),
            ClientError::Unauthenticated { .. } => Self::refused(
                "unauthenticated",
                cause,
                "make a new token with `secure-mcp token create`: tokens end, and each is for one server and one plane",
            ),
        }
    }
}

/// The cause without its first sentence, which names the address that the failure names as well.
fn with_sources_after(cause: &str) -> String {
    cause.split_once(" does not answer: ").map_or_else(|| cause.to_owned(), |(_, rest)| rest.to_owned())
}

fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
