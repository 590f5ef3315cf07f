//! The Model Context Protocol's messages, both eras: what we read, what we write, and the error table.
//!
//! Level 1. It knows JSON-RPC and the revisions 2026-07-28, 2025-11-25, 2025-06-18 and 2025-03-26;
//! it knows no transport beyond the three mirrored headers, no principal and no policy. Only what
//! we interpret has a type here; what is relayed stays raw JSON.

mod decode;
mod error;
mod headers;
mod id;
mod message;
mod reply;
mod results;
mod version;

pub use decode::decode;
pub use error::RpcError;
pub use headers::{Header, Wire};
pub use id::RequestId;
pub use message::{CallTool, Message, Notification, Request, RequestBody};
pub use reply::{CallResult, ReplyTo, error_frame, result_frame};
pub use results::{discovered, initialized, listed, pong};
pub use version::{Era, LEGACY_VERSIONS, MODERN_VERSION, SUPPORTED_VERSIONS};
