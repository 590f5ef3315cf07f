//! What another policy would decide: beside the calls that come (a shadow), and of those that were (a replay).

use crate::error::{ApiError, json_response};
use crate::parts::AdminParts;
use crate::policy_desk::Trial;
use crate::policy_routes::refused;
use crate::request;
use audit::{Audit, AuditError, OperatorEvent, Who};
use authz::{AdminPermit, PastDecision, Policy, Replay, ReplayReport, Shadow, ShadowReport, decision_key};
use axum::body::Body;
use axum::response::Response;
use domain::{Principal, Refusal, RefusalCode, UnixMillis};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Another policy: a kept one by the start of its hash, or the texts of a folder by their names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Another {
    policy: Option<String>,
    files: Option<BTreeMap<String, String>>,
    since_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl Another {
    async fn load(self, parts: &AdminParts) -> Result<Arc<Policy>, ApiError> {
        let trial = match (self.policy, self.files) {
            (Some(start), None) => {
                Trial::Kept(parts.desk.named(&start).map_err(|error| refused(&error.into()))?)
            }
            (None, Some(files)) => Trial::Texts(files),
            _ => return Err(ApiError::malformed("name exactly one of `policy` and `files`")),
        };
        let policy = parts.desk.load(trial).await.map_err(|error| refused(&error))?;
        Ok(Arc::new(policy))
    }
}

pub(crate) async fn cast(parts: &AdminParts, body: Body) -> Result<Response, ApiError> {
    let another: Another = request::policy_body(body).await?;
    if another.since_ms.is_some() {
        return Err(ApiError::malformed("a shadow has no `since_ms`"));
    }
    let policy = another.load(parts).await?;
    let hash = policy.policy_hash();
    let shadow = Shadow::start(policy).map_err(|error| broken(format!("no thread for a shadow: {error}")))?;
    parts.policy.cast_shadow(Some(Arc::new(shadow)));
    Ok(json_response(StatusCode::OK, &json!({ "policy": hash })))
}

pub(crate) fn report(parts: &AdminParts) -> Result<Response, ApiError> {
    said(parts.policy.shadow().map(|shadow| shadow.report()))
}

pub(crate) async fn end(parts: &AdminParts, body: Body) -> Result<Response, ApiError> {
    let Nothing {} = request::body(body).await?;
    said(parts.policy.cast_shadow(None).map(|shadow| shadow.report()))
}

fn said(report: Option<ShadowReport>) -> Result<Response, ApiError> {
    let report = report.ok_or_else(|| {
        ApiError::not_found("no second policy is asked", "start with `secure-mcp policy shadow DIR`")
    })?;
    let mut body = shown(&report.found);
    if let Some(members) = body.as_object_mut() {
        members.insert("policy".to_owned(), json!(report.policy));
        members.insert("dropped".to_owned(), json!(report.dropped));
    }
    Ok(json_response(StatusCode::OK, &body))
}

pub(crate) async fn replay_log(
    parts: &AdminParts,
    permit: &AdminPermit,
    body: Body,
) -> Result<Response, ApiError> {
    let another: Another = request::policy_body(body).await?;
    let since = UnixMillis(another.since_ms.ok_or_else(|| ApiError::malformed("there is no `since_ms`"))?);
    let policy = another.load(parts).await?;
    let hash = policy.policy_hash();
    let by = validate::who(permit.authenticated());
    let report = replay(&parts.audit, since, policy, Some(by)).await.map_err(|error| match error {
        ReplayError::Unrecorded(refusal) => ApiError::of(refusal),
        other => broken(other.to_string()),
    })?;
    let mut body = shown(&report);
    if let Some(members) = body.as_object_mut() {
        members.insert("policy".to_owned(), json!(hash));
    }
    Ok(json_response(StatusCode::OK, &body))
}

/// A report as it is sent and printed.
pub fn shown(report: &ReplayReport) -> Value {
    let changes = |changes: &[(authz::Changed, u64)]| -> Vec<Value> {
        let one = |(changed, count): &(authz::Changed, u64)| {
            let mut value = json!(changed);
            if let Some(members) = value.as_object_mut() {
                members.insert("decisions".to_owned(), json!(count));
            }
            value
        };
        changes.iter().map(one).collect()
    };
    let mut body = json!(report.counts);
    if let Some(members) = body.as_object_mut() {
        members.insert("gains".to_owned(), changes(&report.gains).into());
        members.insert("losses".to_owned(), changes(&report.losses).into());
    }
    body
}

/// Recorded decisions that could not be made again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] AuditError),
    /// The log does not take the record of the reading.
    #[error("the reading could not be recorded")]
    Unrecorded(#[source] Refusal),
    /// The work broke.
    #[error("the replay was not finished")]
    Broken,
}

/// Makes every decision of the log since `since` again under `policy`. The reading is on record before
/// anything is given back.
pub async fn replay(
    audit: &Audit,
    since: UnixMillis,
    policy: Arc<Policy>,
    by: Option<Who>,
) -> Result<ReplayReport, ReplayError> {
    let log = audit.clone();
    let work = move || -> Result<ReplayReport, AuditError> {
        let mut replay = Replay::new(policy);
        let mut key = String::new();
        log.decisions(since, |decision| {
            let (Some((tenant, person)), Some(basis)) = (decision.person, decision.basis) else {
                return replay.add_unknown();
            };
            decision_key(&mut key, [tenant.as_str(), person.as_str(), decision.client, decision.tool, basis]);
            replay.add(&key, || {
                let principal = Principal {
                    tenant: tenant.clone(),
                    person: person.clone(),
                    client: decision.client.parse().ok()?,
                };
                PastDecision::of_text(&principal, decision.tool.parse().ok()?, basis)
            });
        })?;
        Ok(replay.report())
    };
    let report = tokio::task::spawn_blocking(work).await.map_err(|_| ReplayError::Broken)??;
    let event = OperatorEvent::LogRead {
        by,
        command: "policy diff --since".to_owned(),
        call: None,
        records: report.counts.decisions,
        about: None,
    };
    audit.record(event).await.map_err(ReplayError::Unrecorded)?;
    Ok(report)
}

fn broken(internal: String) -> ApiError {
    tracing::error!(reason = internal, "another policy cannot be tried");
    ApiError::of(Refusal::new(RefusalCode::Internal, internal))
}
