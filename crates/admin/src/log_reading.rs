//! Reading the log: the last records, or those of one call. Each reading is a record itself, on disk
//! before anything is shown.

use crate::error::{ApiError, json_response};
use crate::parts::AdminParts;
use crate::request;
use audit::{Audit, AuditError, OperatorEvent, ReadRecord, Who};
use authz::AdminPermit;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{CallId, Refusal, RefusalCode};
use http::StatusCode;
use serde_json::{Value, json};

/// A screen or two.
const DEFAULT_COUNT: u64 = 20;

/// About a megabyte of JSON; who wants more exports the log.
const MAX_COUNT: u64 = 1000;

/// Which records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogQuery {
    /// The last ones, oldest first.
    Tail {
        /// How many.
        count: usize,
    },
    /// Those of one call, in order.
    Call(CallId),
}

/// A reading that did not come about.
#[derive(Debug, thiserror::Error)]
pub enum LogReadError {
    /// The files cannot be read.
    #[error("the log cannot be read")]
    Unreadable(#[source] AuditError),
    /// The reading could not be recorded, so nothing is shown.
    #[error("the reading could not be recorded")]
    Unrecorded(#[source] Refusal),
}

/// The records, each in the form of the admin plane's answers. `by` is `None` for the owner of the data directory.
pub async fn read_log(audit: &Audit, query: LogQuery, by: Option<Who>) -> Result<Vec<Value>, LogReadError> {
    let reader = audit.clone();
    let read = tokio::task::spawn_blocking(move || match query {
        LogQuery::Tail { count } => reader.tail(count),
        LogQuery::Call(call) => reader.show(call),
    });
    let records = read.await.unwrap_or(Err(AuditError::Down)).map_err(LogReadError::Unreadable)?;
    let (command, call) = match query {
        LogQuery::Tail { .. } => ("tail", None),
        LogQuery::Call(call) => ("show", Some(call)),
    };
    let event = OperatorEvent::LogRead {
        by,
        command: command.to_owned(),
        call,
        records: records.len() as u64,
        about: None,
    };
    audit.record(event).await.map_err(LogReadError::Unrecorded)?;
    Ok(records.iter().map(entry).collect())
}

pub(crate) fn entry(record: &ReadRecord) -> Value {
    json!({
        "index": record.index,
        "event": record.event.name(),
        "time_ms": record.time.0,
        "call_id": record.call,
        "intent_index": record.intent,
        "leaf": STANDARD.encode(record.leaf),
        "record": record.body,
    })
}

pub(crate) async fn respond_tail(
    parts: &AdminParts,
    permit: &AdminPermit,
    query: Option<&str>,
) -> Result<Response, ApiError> {
    let count = request::number(query, "count", DEFAULT_COUNT)?;
    if !(1..=MAX_COUNT).contains(&count) {
        return Err(ApiError::malformed(format!("`count` is not between 1 and {MAX_COUNT}")));
    }
    let query = LogQuery::Tail { count: usize::try_from(count).unwrap_or_default() };
    respond(parts, permit, query).await
}

pub(crate) async fn respond_call(
    parts: &AdminParts,
    permit: &AdminPermit,
    call: Option<&str>,
) -> Result<Response, ApiError> {
    let call =
        call.and_then(|text| text.parse().ok()).ok_or_else(|| ApiError::malformed("this is no call id"))?;
    respond(parts, permit, LogQuery::Call(call)).await
}

async fn respond(parts: &AdminParts, permit: &AdminPermit, query: LogQuery) -> Result<Response, ApiError> {
    let by = Some(validate::who(permit.authenticated()));
    let records = read_log(&parts.audit, query, by).await.map_err(failed)?;
    match query {
        LogQuery::Call(_) if records.is_empty() => Err(ApiError::not_found(
            "the log has no record of this call",
            "check the call id; it stands in the reply's `_meta`",
        )),
        _ => Ok(json_response(StatusCode::OK, &json!({ "records": records }))),
    }
}

/// What the caller is told of a reading that did not come about.
pub(crate) fn failed(error: LogReadError) -> ApiError {
    match error {
        LogReadError::Unrecorded(refusal) => ApiError::of(refusal),
        LogReadError::Unreadable(cause) => {
            tracing::error!(error = %cause, "the log cannot be read");
            ApiError::of(Refusal::new(RefusalCode::Internal, format!("the log cannot be read: {cause}")))
        }
    }
}
