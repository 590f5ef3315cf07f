//! The policy over HTTP: make the folder current, go back, list what was current.

use crate::caller::Caller;
use crate::error::{ApiError, json_response};
use crate::parts::AdminParts;
use crate::policy_desk::{By, Change, DeskError, FolderState};
use crate::request;
use authz::VersionError;
use axum::body::Body;
use axum::response::Response;
use domain::{Refusal, RefusalCode};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RollBack {
    /// The start of a hash; without it, the version before the current one.
    policy: Option<String>,
}

pub(crate) async fn accept(parts: &AdminParts, caller: &Caller, body: Body) -> Result<Response, ApiError> {
    let Nothing {} = request::body(body).await?;
    answer(parts.desk.accept(by(caller)?).await)
}

/// Who changes the policy, and within which part.
fn by(caller: &Caller) -> Result<By, ApiError> {
    match (caller, caller.who()) {
        (Caller::Permitted(_), Some(who)) => Ok(By::Administrator(who)),
        (Caller::Delegate(permit), Some(who)) => Ok(By::Delegate(who, Arc::clone(permit))),
        _ => Err(ApiError::of(Refusal::new(RefusalCode::Unauthenticated, "the owner may only make tokens"))),
    }
}

pub(crate) async fn roll_back(parts: &AdminParts, caller: &Caller, body: Body) -> Result<Response, ApiError> {
    let RollBack { policy } = request::body(body).await?;
    let to = policy.map(|start| parts.desk.named(&start)).transpose();
    let to = to.map_err(|error| refused(&DeskError::Version(error)))?;
    answer(parts.desk.roll_back(to, by(caller)?).await)
}

pub(crate) async fn versions(parts: &AdminParts) -> Result<Response, ApiError> {
    let history = parts.desk.history().map_err(|error| refused(&DeskError::Version(error)))?;
    let versions: Vec<Value> = history
        .iter()
        .map(|accepted| json!({ "policy": accepted.policy, "time_ms": accepted.time.0 }))
        .collect();
    let current = parts.policy.now().policy_hash();
    Ok(json_response(StatusCode::OK, &json!({ "current": current, "versions": versions })))
}

/// How the folder stands, for the status.
pub(crate) async fn folder(parts: &AdminParts) -> Value {
    match parts.desk.folder_state().await {
        FolderState::Same => json!({ "state": "same" }),
        FolderState::Changed(policy) => json!({ "state": "changed", "policy": policy }),
        FolderState::Unusable(cause) => json!({ "state": "unusable", "cause": cause }),
    }
}

fn answer(changed: Result<Change, DeskError>) -> Result<Response, ApiError> {
    let change = changed.map_err(|error| refused(&error))?;
    let body = json!({ "policy": change.policy, "previous": change.previous, "changed": !change.is_none() });
    Ok(json_response(StatusCode::OK, &body))
}

pub(crate) fn refused(error: &DeskError) -> ApiError {
    let cause = error.to_string();
    match error {
        DeskError::Unrecorded(refusal) => ApiError::of(refusal.clone()),
        DeskError::NothingBefore | DeskError::Version(VersionError::Unknown { .. }) => {
            ApiError::not_found(cause, error.hint())
        }
        DeskError::Policy(_) | DeskError::Version(VersionError::Policy(_)) => {
            let (status, code) = (StatusCode::UNPROCESSABLE_ENTITY, "policy_invalid");
            ApiError::new(status, code, RefusalCode::InvalidArguments, cause, error.hint())
        }
        DeskError::Beyond(_) => {
            let (status, code) = (StatusCode::FORBIDDEN, "beyond_delegation");
            ApiError::new(status, code, RefusalCode::Denied, cause, error.hint())
        }
        DeskError::Version(VersionError::Tampered { .. }) => {
            let (status, code) = (StatusCode::CONFLICT, "policy_tampered");
            ApiError::new(status, code, RefusalCode::InvalidArguments, cause, error.hint())
        }
        DeskError::Version(VersionError::Io { .. }) | DeskError::Broken => {
            tracing::error!(error = error as &dyn std::error::Error, "the policy cannot be changed");
            ApiError::of(Refusal::new(RefusalCode::Internal, cause))
        }
    }
}
