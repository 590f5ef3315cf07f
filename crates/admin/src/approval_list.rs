//! What waits for another principal, and the decision about it.

use crate::error::{ApiError, json_response};
use crate::parts::AdminParts;
use crate::request;
use approvals::{DecideError, PendingApproval};
use authz::AdminPermit;
use axum::body::Body;
use axum::response::Response;
use domain::{Refusal, RefusalCode};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use store::StoreError;

/// A sentence or two.
const MAX_REASON_BYTES: usize = 1000;

pub(crate) async fn list(parts: &AdminParts, permit: &AdminPermit) -> Result<Response, ApiError> {
    let pending = parts.approvals.pending(permit.principal()).await.map_err(unavailable)?;
    let approvals: Vec<Value> = pending.iter().map(shown).collect();
    Ok(json_response(StatusCode::OK, &json!({ "approvals": approvals })))
}

fn shown(pending: &PendingApproval) -> Value {
    let request = &pending.request;
    json!({
        "id": request.id,
        "tool": request.tool,
        "definition": request.definition,
        "arguments": pending.arguments.as_deref().map(escaped),
        "arguments_digest": request.arguments,
        "requester": request.principal,
        "policy": request.policy,
        "requested_ms": request.requested.0,
        "expires_ms": request.expires.0,
    })
}

/// The arguments' JSON text in ASCII alone: every other sign is a `\u` escape, so that nothing in it
/// is invisible, turns the direction of writing or looks like something else.
pub(crate) fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for sign in json.chars() {
        if sign == ' ' || sign.is_ascii_graphic() {
            text.push(sign);
        } else {
            let mut units = [0u16; 2];
            for unit in sign.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    decision: Word,
    reason: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Grant,
    Deny,
}

pub(crate) async fn decide(
    parts: &AdminParts,
    permit: &AdminPermit,
    id: Option<&str>,
    body: Body,
) -> Result<Response, ApiError> {
    let id = id.ok_or_else(|| ApiError::malformed("there is no approval id"))?;
    let Decision { decision, reason } = request::body(body).await?;
    if reason.as_ref().is_some_and(|reason| reason.len() > MAX_REASON_BYTES) {
        return Err(ApiError::malformed(format!("the reason is longer than {MAX_REASON_BYTES} bytes")));
    }
    let approver = validate::who(permit.authenticated());
    match parts.approvals.decide(id, approver, decision == Word::Grant, reason).await {
        Ok(()) => {
            let word = if decision == Word::Grant { "granted" } else { "denied" };
            Ok(json_response(StatusCode::OK, &json!({ "id": id, "state": word })))
        }
        Err(DecideError::NotPending) => Err(ApiError::not_found(
            "no approval of this id is pending",
            "list what waits with `secure-mcp approvals`",
        )),
        Err(DecideError::OwnRequest) => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "own_request",
            RefusalCode::Denied,
            "the requester of a call cannot decide about it",
            "ask another approver",
        )),
        Err(DecideError::Audit(refusal)) => Err(ApiError::of(refusal)),
        Err(error @ DecideError::Lost) => {
            Err(ApiError::of(Refusal::new(RefusalCode::Internal, error.to_string())))
        }
        Err(DecideError::Store(error)) => Err(unavailable(error)),
    }
}

fn unavailable(error: StoreError) -> ApiError {
    tracing::error!(%error, "the approvals cannot be read or written");
    ApiError::of(Refusal::new(RefusalCode::Internal, format!("approvals: {error}")))
}
