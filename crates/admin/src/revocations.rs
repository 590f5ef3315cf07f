//! Revoking a person, a client, a token or a tool of the caller's tenant, and lifting that again.
//!
//! A revocation is on disk, then in force, then recorded: it counts even if the log takes no record. A
//! lifted one is recorded first: nothing becomes good again that the log does not know of.

use crate::error::{ApiError, json_response};
use crate::parts::AdminParts;
use crate::request;
use audit::OperatorEvent;
use authz::AdminPermit;
use axum::body::Body;
use axum::response::Response;
use domain::{Refusal, RefusalCode};
use http::StatusCode;
use revocation::{Revoked, What};
use serde::Deserialize;
use serde_json::{Value, json};
use store::StoreError;

/// A sentence or two.
const MAX_REASON_BYTES: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    kind: String,
    name: String,
    reason: Option<String>,
}

pub(crate) async fn list(parts: &AdminParts, permit: &AdminPermit) -> Result<Response, ApiError> {
    let own = &permit.principal().tenant;
    let rows = parts.store.revocations().await.map_err(unavailable)?;
    let shown: Vec<Value> = rows
        .iter()
        .filter(|(revoked, _)| revoked.tenant == *own)
        .map(|(revoked, since)| {
            json!({ "kind": revoked.what.kind(), "name": revoked.what.name(), "since_ms": since.0 })
        })
        .collect();
    Ok(json_response(StatusCode::OK, &json!({ "revocations": shown })))
}

pub(crate) async fn revoke(
    parts: &AdminParts,
    permit: &AdminPermit,
    body: Body,
) -> Result<Response, ApiError> {
    let (revoked, reason) = read(permit, body).await?;
    let own = permit.principal();
    let is_own = match &revoked.what {
        What::Person(person) => *person == own.person,
        What::Client(client) => *client == own.client,
        What::Token(_) | What::Tool(_) => false,
    };
    if is_own {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "own_access",
            RefusalCode::Denied,
            "the person and the client that ask cannot revoke themselves",
            "ask another administrator, or use another client",
        ));
    }
    let now = parts.clock.now();
    parts.store.insert_revocation(revoked.clone(), now).await.map_err(unavailable)?;
    parts.authenticator.revocations().revoke(revoked.clone(), now);
    record(parts, permit, revoked.clone(), reason, false).await?;
    Ok(said(&revoked, "revoked"))
}

pub(crate) async fn lift(parts: &AdminParts, permit: &AdminPermit, body: Body) -> Result<Response, ApiError> {
    let (revoked, reason) = read(permit, body).await?;
    if matches!(revoked.what, What::Token(_)) {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "final",
            RefusalCode::Denied,
            "a token stays revoked",
            "make a new token",
        ));
    }
    let rows = parts.store.revocations().await.map_err(unavailable)?;
    if !rows.iter().any(|(row, _)| *row == revoked) {
        return Err(ApiError::not_found(
            "nothing of this kind and name is revoked",
            "list what is revoked with `secure-mcp revocations`",
        ));
    }
    record(parts, permit, revoked.clone(), reason, true).await?;
    parts.store.delete_revocation(revoked.clone()).await.map_err(unavailable)?;
    parts.authenticator.revocations().lift(&revoked);
    Ok(said(&revoked, "lifted"))
}

async fn read(permit: &AdminPermit, body: Body) -> Result<(Revoked, Option<String>), ApiError> {
    let Asked { kind, name, reason } = request::body(body).await?;
    if reason.as_ref().is_some_and(|reason| reason.len() > MAX_REASON_BYTES) {
        return Err(ApiError::malformed(format!("the reason is longer than {MAX_REASON_BYTES} bytes")));
    }
    let what = What::read(&kind, &name).ok_or_else(|| {
        ApiError::malformed("`kind` is not person, client, token or tool, or `name` is no name of that kind")
    })?;
    Ok((Revoked { tenant: permit.principal().tenant.clone(), what }, reason))
}

async fn record(
    parts: &AdminParts,
    permit: &AdminPermit,
    revoked: Revoked,
    reason: Option<String>,
    lifted: bool,
) -> Result<(), ApiError> {
    let by = Some(validate::who(permit.authenticated()));
    let event = OperatorEvent::Revoked { by, revoked, lifted, reason };
    parts.audit.record(event).await.map(drop).map_err(ApiError::of)
}

fn said(revoked: &Revoked, state: &str) -> Response {
    let body = json!({ "kind": revoked.what.kind(), "name": revoked.what.name(), "state": state });
    json_response(StatusCode::OK, &body)
}

fn unavailable(error: StoreError) -> ApiError {
    tracing::error!(%error, "the revocations cannot be read or written");
    if let StoreError::Full { .. } = error {
        return ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "full",
            RefusalCode::QuotaExhausted,
            "as many people, clients, tokens and tools are revoked as may be",
            "lift what is no longer needed, or revoke the person instead of their tokens",
        );
    }
    ApiError::of(Refusal::new(RefusalCode::Internal, format!("revocations: {error}")))
}
