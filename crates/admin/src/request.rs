//! A request that came through the gate: its path, query and body, read with limits.

use crate::error::ApiError;
use axum::body::{Body, to_bytes};
use axum::extract::Query;
use domain::{Json, JsonLimits, Refusal, RefusalCode};
use http::Uri;
use serde::de::DeserializeOwned;

/// The largest body, a policy apart, is a decision with its reason.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// A body is one object of a few fields.
const BODY_JSON: JsonLimits = JsonLimits { depth: 4, values: 64 };

/// A policy folder's files: 500 policies are about 100 KiB.
const MAX_POLICY_BYTES: usize = 4 * 1024 * 1024;

/// A folder has at most 4,096 files.
const POLICY_JSON: JsonLimits = JsonLimits { depth: 4, values: 2 * 4_096 };

/// The body as `T`; duplicate keys and unknown fields are refused.
pub(crate) async fn body<T: DeserializeOwned>(body: Body) -> Result<T, ApiError> {
    read(body, MAX_BODY_BYTES, BODY_JSON).await
}

/// The same for a body that may hold a policy.
pub(crate) async fn policy_body<T: DeserializeOwned>(body: Body) -> Result<T, ApiError> {
    read(body, MAX_POLICY_BYTES, POLICY_JSON).await
}

async fn read<T: DeserializeOwned>(body: Body, max_bytes: usize, limits: JsonLimits) -> Result<T, ApiError> {
    let bytes = to_bytes(body, max_bytes).await.map_err(|_| {
        ApiError::of(Refusal::new(RefusalCode::TooLarge, "the body is too large or broke off"))
    })?;
    Json::parse(&bytes, limits).map_err(|error| ApiError::malformed(format!("the body is {error}")))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| ApiError::malformed(format!("the body cannot be read: {error}")))
}

/// The query as `T`; unknown and duplicate names are refused.
pub(crate) fn query<T: DeserializeOwned>(query: Option<&str>) -> Result<T, ApiError> {
    let wrong = |error: String| ApiError::malformed(format!("the query cannot be read: {error}"));
    let uri: Uri =
        format!("/?{}", query.unwrap_or_default()).parse().map_err(|error| wrong(format!("{error}")))?;
    Query::try_from_uri(&uri).map(|Query(read)| read).map_err(|error| wrong(error.body_text()))
}

/// The number in `name=…` of the query, or `otherwise`; anything else in the query is refused.
pub(crate) fn number(query: Option<&str>, name: &str, otherwise: u64) -> Result<u64, ApiError> {
    let Some(query) = query.filter(|query| !query.is_empty()) else { return Ok(otherwise) };
    query
        .split_once('=')
        .filter(|(key, _)| *key == name)
        .and_then(|(_, value)| value.parse().ok())
        .ok_or_else(|| ApiError::malformed(format!("the query is not `{name}=NUMBER`")))
}
