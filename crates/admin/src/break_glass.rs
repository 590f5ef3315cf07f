//! Emergency roles: one person asks, another grants, somebody else than the first reviews.

use crate::error::{ApiError, json_response};
use crate::parts::AdminParts;
use crate::request;
use authz::AdminPermit;
use axum::body::Body;
use axum::response::Response;
use break_glass::{Access, Asked, BreakGlassError};
use domain::{Refusal, RefusalCode};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

/// A sentence or two.
const MAX_TEXT_BYTES: usize = 1000;

/// Roles of one request.
const MAX_ROLES: usize = 16;

pub(crate) async fn list(parts: &AdminParts, permit: &AdminPermit) -> Result<Response, ApiError> {
    let all = parts.break_glass.list(permit.principal()).await.map_err(|error| failed(error.into()))?;
    let all: Vec<Value> = all.iter().map(shown).collect();
    Ok(json_response(StatusCode::OK, &json!({ "break_glass": all })))
}

fn shown(access: &Access) -> Value {
    let row = &access.row;
    json!({
        "id": row.id,
        "state": row.state.word(),
        "requester": row.principal,
        "roles": row.roles,
        "minutes": row.minutes,
        "reason": access.reason,
        "requested_ms": row.requested.0,
        "granted_by": row.granted.as_ref().map(|granted| &granted.by),
        "expires_ms": row.granted.as_ref().map(|granted| granted.expires.0),
        "reviewed_by": row.reviewed_by,
        "open": access.is_open,
        "active": access.is_active,
        "overdue": access.is_overdue,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewBreakGlass {
    roles: Vec<String>,
    minutes: u32,
    reason: String,
}

pub(crate) async fn ask(parts: &AdminParts, permit: &AdminPermit, body: Body) -> Result<Response, ApiError> {
    let NewBreakGlass { roles, minutes, reason } = request::body(body).await?;
    if reason.len() > MAX_TEXT_BYTES || roles.len() > MAX_ROLES {
        return Err(ApiError::malformed(format!(
            "the reason is longer than {MAX_TEXT_BYTES} bytes or there are more than {MAX_ROLES} roles"
        )));
    }
    let policy = parts.policy.now();
    if roles.iter().any(|role| !policy.has_role(role)) {
        return Err(ApiError::malformed("a role that the policy does not have was asked for"));
    }
    let who = validate::who(permit.authenticated());
    let id = parts.break_glass.request(who, Asked { roles, minutes, reason }).await.map_err(failed)?;
    Ok(json_response(StatusCode::CREATED, &json!({ "id": id, "state": "requested" })))
}

pub(crate) async fn grant(
    parts: &AdminParts,
    permit: &AdminPermit,
    id: Option<&str>,
) -> Result<Response, ApiError> {
    let id = id.ok_or_else(|| ApiError::malformed("there is no id"))?;
    let by = validate::who(permit.authenticated());
    let expires = parts.break_glass.grant(id, by).await.map_err(failed)?;
    Ok(json_response(StatusCode::OK, &json!({ "id": id, "state": "granted", "expires_ms": expires.0 })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Review {
    finding: String,
}

pub(crate) async fn review(
    parts: &AdminParts,
    permit: &AdminPermit,
    id: Option<&str>,
    body: Body,
) -> Result<Response, ApiError> {
    let id = id.ok_or_else(|| ApiError::malformed("there is no id"))?;
    let Review { finding } = request::body(body).await?;
    if finding.len() > MAX_TEXT_BYTES {
        return Err(ApiError::malformed(format!("the finding is longer than {MAX_TEXT_BYTES} bytes")));
    }
    let by = validate::who(permit.authenticated());
    parts.break_glass.review(id, by, finding).await.map_err(failed)?;
    Ok(json_response(StatusCode::OK, &json!({ "id": id, "state": "reviewed" })))
}

fn failed(error: BreakGlassError) -> ApiError {
    let refused = |code: &'static str, fix: &'static str| {
        ApiError::new(StatusCode::FORBIDDEN, code, RefusalCode::Denied, error.to_string(), fix)
    };
    match &error {
        BreakGlassError::NotThere => ApiError::not_found(
            error.to_string(),
            "see `secure-mcp break-glass ls`: a grant needs a request of the last hour, a review roles that ended",
        ),
        BreakGlassError::OwnRequest => refused("own_request", "ask another person"),
        BreakGlassError::Open => refused("request_open", "have the open request granted, or wait an hour"),
        BreakGlassError::Overdue => {
            refused("review_overdue", "have somebody else review it: `secure-mcp break-glass review`")
        }
        BreakGlassError::Malformed(_) => ApiError::malformed(error.to_string()),
        BreakGlassError::Audit(refusal) => ApiError::of(refusal.clone()),
        BreakGlassError::Seal | BreakGlassError::Store(_) => {
            tracing::error!(%error, "break-glass cannot be read or written");
            ApiError::of(Refusal::new(RefusalCode::Internal, error.to_string()))
        }
    }
}
