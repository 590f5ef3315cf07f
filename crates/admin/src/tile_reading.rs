//! The log as C2SP tlog-tiles, read-only: `checkpoint`, tiles of hashes, bundles of records. Reading
//! records is a record itself; hashes say nothing of what is in the log.

use crate::error::{ApiError, bytes_response, text_response};
use crate::log_reading::{LogReadError, failed};
use crate::parts::AdminParts;
use audit::{AuditError, OperatorEvent, TilePath};
use authz::AdminPermit;
use axum::response::Response;
use http::StatusCode;

/// The media type of C2SP signed notes.
const NOTE_TYPE: &str = "text/plain; charset=utf-8";

pub(crate) fn respond_checkpoint(parts: &AdminParts) -> Response {
    text_response(StatusCode::OK, NOTE_TYPE, parts.audit.checkpoint_note())
}

pub(crate) async fn respond_tile(
    parts: &AdminParts,
    permit: &AdminPermit,
    rest: Option<&str>,
) -> Result<Response, ApiError> {
    let path = format!("tile/{}", rest.unwrap_or_default());
    let path: TilePath = path.parse().map_err(|error| ApiError::malformed(format!("`{path}`: {error}")))?;
    let reader = parts.audit.clone();
    let read = tokio::task::spawn_blocking(move || reader.tile(&path)).await;
    let bytes = match read.unwrap_or(Err(AuditError::Down)) {
        Ok(bytes) => bytes,
        Err(AuditError::NoSuchRecord { .. }) => {
            return Err(ApiError::not_found(
                "the checkpoint does not reach so far",
                "read `checkpoint` for the size of the tree, and ask for tiles within it",
            ));
        }
        Err(error) => return Err(failed(LogReadError::Unreadable(error))),
    };
    if let TilePath::Entries { width, .. } = path {
        let event = OperatorEvent::LogRead {
            by: Some(validate::who(permit.authenticated())),
            command: "tiles".to_owned(),
            call: None,
            records: width.into(),
            about: None,
        };
        parts.audit.record(event).await.map_err(ApiError::of)?;
    }
    Ok(bytes_response(StatusCode::OK, "application/octet-stream", bytes))
}
