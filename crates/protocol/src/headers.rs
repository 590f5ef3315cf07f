//! The three headers that mirror the body. MCP 2026-07-28, Streamable HTTP, "Request Metadata".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// One header as a transport saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Header {
    /// Not there.
    #[default]
    Absent,
    /// There once, as visible ASCII.
    One(String),
    /// There twice, or with signs that a header must not have.
    Unreadable,
}

impl Header {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::One(text) => Some(text),
            _ => None,
        }
    }

    /// The value with the Base64 sentinel taken off; `None` if absent, unreadable or badly encoded.
    pub(crate) fn decoded(&self) -> Option<String> {
        let text = self.text()?;
        match text.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
            Some(encoded) => String::from_utf8(STANDARD.decode(encoded).ok()?).ok(),
            None => Some(text.to_owned()),
        }
    }
}

/// What the transport says beside the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Streamable HTTP.
    Http {
        /// `MCP-Protocol-Version`
        protocol_version: Header,
        /// `Mcp-Method`
        method: Header,
        /// `Mcp-Name`
        name: Header,
    },
    /// Our WebSocket transport: the body says it all.
    WebSocket,
}
