//! Records over HTTP: as JSON of our own form, and as OpenTelemetry logs (OTLP/HTTP 1.x, JSON).
//!
//! An answer of 2xx acknowledges the batch; anything else means that it is sent again.

use super::Batch;
use crate::config::Receiver;
use crate::export::ExportError;
use crate::shown::{id, shown};
use audit::{Event, ReadRecord};
use bytes::Bytes;
use egress::{Egress, Method, Request, To};
use serde_json::{Value, json};

/// OpenTelemetry's severity numbers of INFO and WARN.
const INFO: u8 = 9;
const WARN: u8 = 13;
const NANOS_PER_MILLI: u128 = 1_000_000;

/// `POST` of `{"origin", "records"}`.
pub(super) async fn webhook(receiver: &Receiver, egress: &Egress, batch: &Batch) -> Result<(), ExportError> {
    let records: Vec<Value> = batch.records.iter().map(|record| shown(&batch.origin, record)).collect();
    post(receiver, egress, &json!({ "origin": batch.origin, "records": records })).await
}

/// `POST` of an `ExportLogsServiceRequest`.
pub(super) async fn otlp(receiver: &Receiver, egress: &Egress, batch: &Batch) -> Result<(), ExportError> {
    let text = |value: &str| json!({ "stringValue": value });
    let records: Vec<Value> = batch.records.iter().map(|record| log_record(&batch.origin, record)).collect();
    let body = json!({ "resourceLogs": [{
        "resource": { "attributes": [
            { "key": "service.name", "value": text("secure-mcp") },
            { "key": "service.version", "value": text(env!("CARGO_PKG_VERSION")) },
            { "key": "service.instance.id", "value": text(&batch.origin) },
        ] },
        "scopeLogs": [{ "scope": { "name": "secure-mcp.audit" }, "logRecords": records }],
    }] });
    post(receiver, egress, &body).await
}

fn log_record(origin: &str, record: &ReadRecord) -> Value {
    let warns = matches!(record.event, Event::Refused | Event::Abandoned | Event::ApprovalDenied);
    let attribute = |key: &str, value: String| json!({ "key": key, "value": { "stringValue": value } });
    let mut attributes = vec![attribute("log.record.uid", id(origin, record))];
    attributes.extend(record.call.map(|call| attribute("secure_mcp.call_id", call.to_string())));
    json!({
        "timeUnixNano": (u128::from(record.time.0) * NANOS_PER_MILLI).to_string(),
        "severityNumber": if warns { WARN } else { INFO },
        "severityText": if warns { "WARN" } else { "INFO" },
        "eventName": format!("secure_mcp.audit.{}", record.event.name()),
        "attributes": attributes,
        "body": { "stringValue": shown(origin, record).to_string() },
    })
}

/// Sends the body; only an answer of 2xx is a success.
pub(super) async fn post(receiver: &Receiver, egress: &Egress, body: &Value) -> Result<(), ExportError> {
    let request = Request {
        to: To::Destination { name: receiver.destination.clone(), path: receiver.path.clone() },
        method: Method::POST,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        credential: receiver.credential.clone(),
        body: Bytes::from(body.to_string()),
    };
    let answer = egress.send(request).await?;
    if (200..300).contains(&answer.status) {
        Ok(())
    } else {
        Err(ExportError::Refused { status: answer.status })
    }
}
