//! Protocol errors: the table from refusals to JSON-RPC codes and HTTP statuses.

use crate::{Era, RequestId, SUPPORTED_VERSIONS};
use domain::{Refusal, RefusalCode};
use serde_json::{Value, json};

/// JSON-RPC 2.0: not JSON.
const PARSE_ERROR: i32 = -32700;
/// JSON-RPC 2.0: JSON, but no request.
const INVALID_REQUEST: i32 = -32600;
/// JSON-RPC 2.0.
const METHOD_NOT_FOUND: i32 = -32601;
/// JSON-RPC 2.0.
const INVALID_PARAMS: i32 = -32602;
/// JSON-RPC 2.0.
const INTERNAL_ERROR: i32 = -32603;
/// MCP 2026-07-28.
const HEADER_MISMATCH: i32 = -32020;
/// MCP 2026-07-28.
const UNSUPPORTED_VERSION: i32 = -32022;

/// A JSON-RPC error and the HTTP status that goes with it.
#[derive(Clone, Debug, PartialEq)]
pub struct RpcError {
    /// The request that it answers; `None` where the id could not be read.
    pub id: Option<RequestId>,
    /// HTTP status; the WebSocket transport does not use it.
    pub http_status: u16,
    /// JSON-RPC code.
    pub code: i32,
    /// One public sentence.
    pub message: String,
    /// More, where the protocol defines it.
    pub data: Option<Box<Value>>,
    /// The refusal, for the record.
    pub refusal: Box<Refusal>,
}

impl RpcError {
    fn new(http_status: u16, code: i32, refusal: Refusal) -> Self {
        Self {
            id: None,
            http_status,
            code,
            message: refusal.public(),
            data: None,
            refusal: Box::new(refusal),
        }
    }

    fn malformed(code: i32, internal: String) -> Self {
        let hint = format!("Cause: {internal}.");
        Self::new(400, code, Refusal::new(RefusalCode::Malformed, internal).with_hint(hint))
    }

    pub(crate) fn parse(cause: &domain::JsonError) -> Self {
        let code = if matches!(cause, domain::JsonError::Syntax { .. } | domain::JsonError::NotUtf8) {
            PARSE_ERROR
        } else {
            INVALID_REQUEST
        };
        Self::malformed(code, cause.to_string())
    }

    pub(crate) fn invalid_request(internal: &'static str) -> Self {
        Self::malformed(INVALID_REQUEST, internal.to_owned())
    }

    pub(crate) fn invalid_params(internal: &'static str) -> Self {
        Self::malformed(INVALID_PARAMS, internal.to_owned())
    }

    pub(crate) fn header_mismatch(internal: &'static str) -> Self {
        Self::malformed(HEADER_MISMATCH, internal.to_owned())
    }

    /// `requested` is echoed, so it is cut to what a version can look like.
    pub(crate) fn unsupported_version(requested: &str) -> Self {
        let shown: String = requested
            .chars()
            .filter(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '.' | '_'))
            .take(32)
            .collect();
        let mut error =
            Self::malformed(UNSUPPORTED_VERSION, "the protocol version is not served here".to_owned());
        error.data = Some(Box::new(json!({ "supported": SUPPORTED_VERSIONS, "requested": shown })));
        error
    }

    pub(crate) fn unknown_method(era: Era) -> Self {
        let status = if era == Era::Modern { 404 } else { 200 };
        Self::new(
            status,
            METHOD_NOT_FOUND,
            Refusal::new(RefusalCode::UnknownMethod, "the method is not served here"),
        )
    }

    /// The error for a refusal that a client gets as an error: everything up to visibility, and what
    /// the transport demands.
    pub fn of(refusal: Refusal) -> Self {
        let (status, code) = match refusal.code() {
            RefusalCode::Unauthenticated | RefusalCode::TokenExpired => (401, 401),
            RefusalCode::InsufficientScope | RefusalCode::BadOrigin | RefusalCode::BadHost => (403, 403),
            RefusalCode::TooLarge => (413, 413),
            RefusalCode::Malformed => (400, INVALID_REQUEST),
            RefusalCode::UnknownMethod => (404, METHOD_NOT_FOUND),
            RefusalCode::UnknownTool => (200, INVALID_PARAMS),
            RefusalCode::AuditUnavailable | RefusalCode::ShuttingDown => (503, 503),
            RefusalCode::Internal => (500, INTERNAL_ERROR),
            RefusalCode::RateLimited | RefusalCode::QuotaExhausted | RefusalCode::Busy => (429, 429),
            _ => (200, INTERNAL_ERROR),
        };
        Self::new(status, code, refusal)
    }

    /// The same error as the answer to request `id`.
    pub fn answering(mut self, id: RequestId) -> Self {
        self.id = Some(id);
        self
    }
}
