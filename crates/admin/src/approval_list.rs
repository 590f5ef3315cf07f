//! What waits for another principal, and the decision about it.

use crate::error::{ApiError, json_response};
use crate::parts::AdminParts;
use crate::request;
use approvals::{DecideError, Decided, PendingApproval};
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
        "needed": request.terms.needed,
        "agreed": pending.votes,
        "requested_ms": request.requested.0,
        "expires_ms": request.expires.0,
    })
}

/// `GET /api/approvals/{id}`
pub(crate) async fn show(
    parts: &AdminParts,
    permit: &AdminPermit,
    id: Option<&str>,
) -> Result<Response, ApiError> {
    let id = id.ok_or_else(|| ApiError::malformed("there is no approval id"))?;
    let found = parts.approvals.show(id, permit.principal()).await.map_err(unavailable)?;
    let found = found.ok_or_else(not_pending)?;
    let mut body = shown(&found.pending);
    if let Value::Object(members) = &mut body {
        members.insert("approvers".to_owned(), json!(found.pending.request.terms.approvers));
        members.insert("agreed_by".to_owned(), json!(found.voters));
        let difference = found.difference.map(|(since, lines)| json!({ "since": since, "lines": lines }));
        members.insert("difference".to_owned(), json!(difference));
    }
    Ok(json_response(StatusCode::OK, &body))
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
        Ok(decided) => {
            let body = match decided {
                Decided::Granted => json!({ "id": id, "state": "granted" }),
                Decided::Denied => json!({ "id": id, "state": "denied" }),
                Decided::Counted { votes, needed } => {
                    json!({ "id": id, "state": "pending", "agreed": votes, "needed": needed })
                }
            };
            Ok(json_response(StatusCode::OK, &body))
        }
        Err(DecideError::NotPending) => Err(not_pending()),
        Err(DecideError::NotAnApprover) => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "not_an_approver",
            RefusalCode::Denied,
            "the operator named other people for this tool",
            "ask one of those whom `secure-mcp approvals show` lists",
        )),
        Err(DecideError::Twice) => Err(ApiError::new(
            StatusCode::CONFLICT,
            "agreed_already",
            RefusalCode::Denied,
            "this person has agreed already and counts once",
            "ask another approver",
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

fn not_pending() -> ApiError {
    ApiError::not_found("no approval of this id is pending", "list what waits with `secure-mcp approvals`")
}

fn unavailable(error: StoreError) -> ApiError {
    tracing::error!(%error, "the approvals cannot be read or written");
    ApiError::of(Refusal::new(RefusalCode::Internal, format!("approvals: {error}")))
}
