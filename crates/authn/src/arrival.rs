//! One message as it came in: credentials, where it came from, undecoded bytes.

use bytes::Bytes;
use domain::Secret;
use std::net::IpAddr;
use std::sync::Arc;

/// What a transport hands over. Nobody has looked into it yet.
#[derive(Debug)]
pub struct Arrival {
    /// The bearer token, without the word `Bearer`; `None` if there was none or not exactly one.
    pub credentials: Option<Secret<String>>,
    /// The peer, as the transport saw it.
    pub peer: IpAddr,
    /// The client's description of itself. For the record only; no decision reads it.
    pub user_agent: Option<Arc<str>>,
    /// The message, undecoded.
    pub body: Bytes,
}
