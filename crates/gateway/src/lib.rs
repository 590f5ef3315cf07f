//! The transports: Streamable HTTP on `/mcp` and WebSocket on `/mcp/ws`, one dispatcher behind both.
//!
//! Level 10. It moves bytes: what a message means, who may send it and what comes back is the
//! pipeline's. A socket is given nothing but `ScannedFrame`s.

mod arriving;
mod bearer;
mod descriptors;
mod forwarded;
mod guard;
mod held;
mod http_service;
mod limits;
mod listener;
mod local_ca;
mod progress;
mod protected_resource;
mod shares;
mod slim;
mod stream;
mod tls;
mod websocket;

pub use guard::Guard;
pub use limits::Limits;
pub use listener::{Front, Gateway, GatewayError, Peers};
pub use local_ca::{LocalCa, LocalCaError, LocalCertificate};
pub use protected_resource::{ProtectedResource, ResourceError};
pub use tls::{TlsError, TlsFiles, server_config};
