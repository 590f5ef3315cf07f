//! The stdio bridge: newline-delimited JSON-RPC on standard input and output, the server on the other side.
//!
//! Messages of both eras pass through as they are. Nothing but protocol messages goes to standard
//! output. The bridge knows no tool and no policy, and adds nothing but what the transport demands:
//! the mirrored headers over https, the session of an old-era handshake.

mod http;
mod lines;
mod message;
mod token;
mod web_socket;

pub(crate) use http::over_http;
pub(crate) use lines::{Incoming, Outgoing};
pub(crate) use token::TokenFile;
pub(crate) use web_socket::over_web_socket;
