//! The closed list of refusals: a code and one public sentence each, and an internal message apart.

use crate::Decision;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Why a request was refused. Closed list: clients and checks rely on the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// No token, or one that does not verify. HTTP 401.
    Unauthenticated,
    /// The token was good and is over. HTTP 401.
    TokenExpired,
    /// The token lacks a scope. HTTP 403.
    InsufficientScope,
    /// A web page of a foreign origin. HTTP 403.
    BadOrigin,
    /// A host name that is not ours. HTTP 403.
    BadHost,
    /// Bigger than a limit on messages. HTTP 413.
    TooLarge,
    /// Not a well-formed request. HTTP 400.
    Malformed,
    /// A method that we do not serve. HTTP 404.
    UnknownMethod,
    /// A tool that does not exist or that the caller may not see: outside, the same bytes.
    UnknownTool,
    /// Arguments that the tool's schema does not allow.
    InvalidArguments,
    /// Policy says no.
    Denied,
    /// The data is there for the caller in masked form only.
    MaskedOnly,
    /// Another principal has to agree first.
    ApprovalPending,
    /// The approval was not used in time.
    ApprovalExpired,
    /// Too many requests.
    RateLimited,
    /// A quota is used up.
    QuotaExhausted,
    /// No room at this moment.
    Busy,
    /// The call took too long.
    Timeout,
    /// A named limit was reached.
    LimitExceeded,
    /// The isolation that the tool needs is not there.
    IsolationUnavailable,
    /// Layer 5 withheld the output.
    OutputBlocked,
    /// The system behind the tool did not answer.
    UpstreamUnavailable,
    /// The audit log cannot take records. HTTP 503.
    AuditUnavailable,
    /// The server is going down. HTTP 503.
    ShuttingDown,
    /// A fault of ours. HTTP 500.
    Internal,
}

impl RefusalCode {
    /// Every code, for tables and tests.
    pub const ALL: [Self; 25] = [
        Self::Unauthenticated,
        Self::TokenExpired,
        Self::InsufficientScope,
        Self::BadOrigin,
        Self::BadHost,
        Self::TooLarge,
        Self::Malformed,
        Self::UnknownMethod,
        Self::UnknownTool,
        Self::InvalidArguments,
        Self::Denied,
        Self::MaskedOnly,
        Self::ApprovalPending,
        Self::ApprovalExpired,
        Self::RateLimited,
        Self::QuotaExhausted,
        Self::Busy,
        Self::Timeout,
        Self::LimitExceeded,
        Self::IsolationUnavailable,
        Self::OutputBlocked,
        Self::UpstreamUnavailable,
        Self::AuditUnavailable,
        Self::ShuttingDown,
        Self::Internal,
    ];

    /// The name on the wire and in records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::TokenExpired => "token_expired",
            Self::InsufficientScope => "insufficient_scope",
            Self::BadOrigin => "bad_origin",
            Self::BadHost => "bad_host",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::UnknownMethod => "unknown_method",
            Self::UnknownTool => "unknown_tool",
            Self::InvalidArguments => "invalid_arguments",
            Self::Denied => "denied",
            Self::MaskedOnly => "masked_only",
            Self::ApprovalPending => "approval_pending",
            Self::ApprovalExpired => "approval_expired",
            Self::RateLimited => "rate_limited",
            Self::QuotaExhausted => "quota_exhausted",
            Self::Busy => "busy",
            Self::Timeout => "timeout",
            Self::LimitExceeded => "limit_exceeded",
            Self::IsolationUnavailable => "isolation_unavailable",
            Self::OutputBlocked => "output_blocked",
            Self::UpstreamUnavailable => "upstream_unavailable",
            Self::AuditUnavailable => "audit_unavailable",
            Self::ShuttingDown => "shutting_down",
            Self::Internal => "internal",
        }
    }

    /// The one public sentence, with a next step. Holds no name, path or rule.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Unauthenticated => {
                "A valid access token for this server is required; obtain one and retry."
            }
            Self::TokenExpired => "The access token has expired; obtain a new one and retry.",
            Self::InsufficientScope => "The access token lacks a required scope; request it and retry.",
            Self::BadOrigin => "This origin may not use the server; call it from an allowed origin.",
            Self::BadHost => "This host name is not served here; use the server's published address.",
            Self::TooLarge => "The message exceeds the size limit; send less.",
            Self::Malformed => "The message is not a well-formed request; correct it and retry.",
            Self::UnknownMethod => {
                "This method is not served here; use a method of the announced protocol version."
            }
            Self::UnknownTool => "Unknown tool; list the tools to see what is available.",
            Self::InvalidArguments => {
                "The arguments do not match the tool's input schema; correct them and retry."
            }
            Self::Denied => "Policy does not allow this call; ask an administrator for access.",
            Self::MaskedOnly => "This data is available in masked form only; ask for the masked columns.",
            Self::ApprovalPending => {
                "This call waits for approval by another person; retry it unchanged once approved."
            }
            Self::ApprovalExpired => "The approval was not used in time; retry to request a new one.",
            Self::RateLimited => "Too many requests; wait and retry.",
            Self::QuotaExhausted => "The quota is used up; wait until it renews or ask for more.",
            Self::Busy => "The server has no room for this call now; wait and retry.",
            Self::Timeout => "The call took longer than its time limit; ask for less.",
            Self::LimitExceeded => "The call reached a limit; ask for less.",
            Self::IsolationUnavailable => "The isolation this tool needs is not available; ask the operator.",
            Self::OutputBlocked => "The output was withheld by the output scan; ask for different data.",
            Self::UpstreamUnavailable => "The system behind this tool did not answer; retry later.",
            Self::AuditUnavailable => "The call cannot be recorded now and was not run; retry later.",
            Self::ShuttingDown => "The server is shutting down; reconnect and retry.",
            Self::Internal => "The server failed to handle this call; report the call id to the operator.",
        }
    }

    /// The decision word that goes with the refusal.
    pub const fn decision(self) -> Decision {
        match self {
            Self::ApprovalPending => Decision::Pending,
            _ => Decision::Deny,
        }
    }
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A refusal: what the client is told, and what the operator and the auditor are told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {internal}")]
pub struct Refusal {
    code: RefusalCode,
    internal: Cow<'static, str>,
    public_hint: Option<Cow<'static, str>>,
    limit: Option<&'static str>,
    approval_id: Option<String>,
    retry_after_ms: Option<u64>,
}

impl Refusal {
    /// A refusal with the message for the operator. It may hold names and rules, never argument values or secrets.
    pub fn new(code: RefusalCode, internal: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            internal: internal.into(),
            public_hint: None,
            limit: None,
            approval_id: None,
            retry_after_ms: None,
        }
    }

    /// Adds what the client may also know, such as where in its own arguments the fault lies.
    pub fn with_hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.public_hint = Some(hint.into());
        self
    }

    /// Names the limit that was reached.
    pub fn with_limit(mut self, limit: &'static str) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Names the approval that the call waits for.
    pub fn with_approval(mut self, id: String) -> Self {
        self.approval_id = Some(id);
        self
    }

    /// Says when a retry may succeed. Milliseconds.
    pub fn with_retry_after_ms(mut self, retry_after_ms: u64) -> Self {
        self.retry_after_ms = Some(retry_after_ms);
        self
    }

    /// The code.
    pub const fn code(&self) -> RefusalCode {
        self.code
    }

    /// The message for the operator and the audit record.
    pub fn internal(&self) -> &str {
        &self.internal
    }

    /// The limit that was reached, if one was.
    pub const fn limit(&self) -> Option<&'static str> {
        self.limit
    }

    /// The approval that the call waits for.
    pub fn approval_id(&self) -> Option<&str> {
        self.approval_id.as_deref()
    }

    /// When a retry may succeed. Milliseconds.
    pub const fn retry_after_ms(&self) -> Option<u64> {
        self.retry_after_ms
    }

    /// The sentence for the client: the code's own, then the hint and the limit's name where there are any.
    pub fn public(&self) -> String {
        let mut text = self.code.sentence().to_owned();
        if let Some(limit) = self.limit {
            text.push_str(" Limit: ");
            text.push_str(limit);
            text.push('.');
        }
        if let Some(hint) = &self.public_hint {
            text.push(' ');
            text.push_str(hint);
        }
        text
    }
}
