//! `POST /api/audit/shred`: destroys what opens a person's fields in the log. Recorded first; what the
//! server's state holds of the person goes as well.

use crate::error::{ApiError, json_response};
use crate::parts::AdminParts;
use crate::request;
use audit::{OperatorEvent, Person};
use authz::AdminPermit;
use axum::body::Body;
use axum::response::Response;
use domain::{PersonId, Refusal, RefusalCode};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

/// A sentence or two.
const MAX_REASON_BYTES: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    person: PersonId,
    reason: Option<String>,
}

pub(crate) async fn respond(
    parts: &AdminParts,
    permit: &AdminPermit,
    body: Body,
) -> Result<Response, ApiError> {
    let Asked { person, reason } = request::body(body).await?;
    if reason.as_ref().is_some_and(|reason| reason.len() > MAX_REASON_BYTES) {
        return Err(ApiError::malformed(format!("the reason is longer than {MAX_REASON_BYTES} bytes")));
    }
    let person = Person { tenant: permit.principal().tenant.clone(), person };
    if !parts.audit.knows(&person.tenant, &person.person) {
        return Err(ApiError::not_found(
            "the log knows nobody of this name",
            "check the name; whoever was erased is not known any more",
        ));
    }
    let by = Some(validate::who(permit.authenticated()));
    let event = OperatorEvent::SubjectErased { by, person: person.clone(), reason };
    let receipt = parts.audit.record(event).await.map_err(ApiError::of)?;
    let internal = |cause: String| ApiError::of(Refusal::new(RefusalCode::Internal, cause));
    parts
        .approvals
        .forget(&person.tenant, &person.person)
        .await
        .map_err(|error| internal(format!("the person's approvals stay: {error}")))?;
    let (log, Person { tenant, person: name }) = (parts.audit.clone(), person.clone());
    let erased = tokio::task::spawn_blocking(move || log.erase(&tenant, &name)).await;
    match erased {
        Ok(Ok(_)) => {
            let body = json!({ "person": person.person, "state": "erased", "receipt": receipt.to_file() });
            Ok(json_response(StatusCode::OK, &body))
        }
        Ok(Err(error)) => Err(internal(format!("the person's key stays: {error}"))),
        Err(error) => Err(internal(format!("the person's key may stay: {error}"))),
    }
}
