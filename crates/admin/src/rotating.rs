//! `POST /api/audit/rotate-key`: another key signs the checkpoints from now on.

use crate::error::{ApiError, json_response};
use crate::parts::AdminParts;
use crate::request;
use audit::OperatorEvent;
use authz::AdminPermit;
use axum::body::Body;
use axum::response::Response;
use domain::{Refusal, RefusalCode};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

/// A sentence or two.
const MAX_REASON_BYTES: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    reason: Option<String>,
}

pub(crate) async fn respond(
    parts: &AdminParts,
    permit: &AdminPermit,
    body: Body,
) -> Result<Response, ApiError> {
    let Asked { reason } = request::body(body).await?;
    if reason.as_ref().is_some_and(|reason| reason.len() > MAX_REASON_BYTES) {
        return Err(ApiError::malformed(format!("the reason is longer than {MAX_REASON_BYTES} bytes")));
    }
    if !parts.audit.is_ready() {
        let why = "the log takes no records; its key stays";
        return Err(ApiError::of(Refusal::new(RefusalCode::AuditUnavailable, why)));
    }
    let log = parts.audit.clone();
    let rotated = tokio::task::spawn_blocking(move || log.rotate_key()).await;
    let internal = |cause: String| ApiError::of(Refusal::new(RefusalCode::Internal, cause));
    let (previous, key) = rotated
        .map_err(|error| internal(format!("the key may stay: {error}")))?
        .map_err(|error| internal(format!("the key stays: {error}")))?;
    let by = Some(validate::who(permit.authenticated()));
    let event = OperatorEvent::KeyRotated { by, key: key.clone(), previous: previous.clone(), reason };
    parts.audit.record(event).await.map_err(ApiError::of)?;
    let body = json!({ "key": key.to_string(), "previous": previous.to_string() });
    Ok(json_response(StatusCode::OK, &body))
}
