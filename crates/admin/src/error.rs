//! What a refused request of the admin plane is answered: a status and `{code, cause, fix}`.

use axum::body::Body;
use domain::{Refusal, RefusalCode};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

/// A refusal on its way out.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    cause: String,
    fix: String,
    /// The same for the record.
    refusal: Box<Refusal>,
}

impl ApiError {
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        recorded: RefusalCode,
        cause: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        let cause = cause.into();
        Self {
            status,
            code,
            refusal: Box::new(Refusal::new(recorded, cause.clone())),
            cause,
            fix: fix.into(),
        }
    }

    /// The body, the query or the path is not what the route takes.
    pub(crate) fn malformed(cause: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "malformed",
            RefusalCode::Malformed,
            cause,
            "compare the request with /api/openapi.json",
        )
    }

    pub(crate) fn not_found(cause: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", RefusalCode::InvalidArguments, cause, fix)
    }

    /// A refusal by one of the layers. Its internal message is for the record, not for the caller.
    pub(crate) fn of(refusal: Refusal) -> Self {
        let code = refusal.code();
        let status = match code {
            RefusalCode::Unauthenticated | RefusalCode::TokenExpired => StatusCode::UNAUTHORIZED,
            RefusalCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            RefusalCode::Malformed | RefusalCode::InvalidArguments => StatusCode::BAD_REQUEST,
            RefusalCode::AuditUnavailable | RefusalCode::ShuttingDown | RefusalCode::Busy => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            RefusalCode::Timeout => StatusCode::REQUEST_TIMEOUT,
            RefusalCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::FORBIDDEN,
        };
        let (cause, fix) = words(code);
        Self {
            status,
            code: code.name(),
            cause: cause.to_owned(),
            fix: fix.to_owned(),
            refusal: Box::new(refusal),
        }
    }

    /// The refusal, for the record.
    pub(crate) fn refusal(&self) -> &Refusal {
        &self.refusal
    }

    /// The status.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let body = json!({ "code": self.code, "cause": self.cause, "fix": self.fix });
        let mut response = json_response(self.status, &body);
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge =
                HeaderValue::from_static("Bearer realm=\"secure-mcp-admin\", error=\"invalid_token\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// What people are told, apart from the sentence that assistants get.
const fn words(code: RefusalCode) -> (&'static str, &'static str) {
    match code {
        RefusalCode::Unauthenticated => (
            "there is no valid token of the audience `admin`",
            "make one with `secure-mcp token create --audience admin`; a token for the MCP endpoint is refused here",
        ),
        RefusalCode::TokenExpired => {
            ("the token has expired", "make a new one with `secure-mcp token create --audience admin`")
        }
        RefusalCode::Denied => (
            "policy does not let this person, through this client, do this",
            "use the token of somebody who may, or grant it in the policy folder (`may` in roles.toml)",
        ),
        RefusalCode::BadHost | RefusalCode::BadOrigin => (
            "the request names another host or comes from a web page",
            "call the admin plane by its own address, from a program",
        ),
        RefusalCode::AuditUnavailable => {
            ("the log takes no records, so nothing was done", "free space or repair the disk, then retry")
        }
        other => (other.sentence(), "retry; if it stays, look at the server's log"),
    }
}

/// A JSON answer that nobody may keep.
pub(crate) fn json_response(status: StatusCode, body: &Value) -> Response<Body> {
    text_response(status, "application/json", body.to_string())
}

/// An answer of any kind.
pub(crate) fn text_response(status: StatusCode, kind: &'static str, body: String) -> Response<Body> {
    bytes_response(status, kind, body.into_bytes())
}

/// An answer of bytes.
pub(crate) fn bytes_response(status: StatusCode, kind: &'static str, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
