//! One span for each call that ended or was refused, in the words of OpenTelemetry's conventions for MCP.
//!
//! The call's identifier is the trace's. A span names the tool and the end; no person, no client, no argument.

use super::Batch;
use audit::{Event, ReadRecord};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// OTLP's number for a span of a server.
const SERVER: u8 = 2;
const OK: u8 = 1;
const ERROR: u8 = 2;
const NANOS_PER_MILLI: u128 = 1_000_000;
const NANOS_PER_MICRO: u128 = 1_000;
/// Bytes of a span's identifier.
const SPAN_ID_BYTES: usize = 8;

/// An `ExportTraceServiceRequest`; `None` if no record of the batch ends a call.
pub(super) fn request(batch: &Batch) -> Option<Value> {
    let spans: Vec<Value> = batch.records.iter().filter_map(span).collect();
    let text = |value: &str| json!({ "stringValue": value });
    (!spans.is_empty()).then(|| {
        json!({ "resourceSpans": [{
            "resource": { "attributes": [
                { "key": "service.name", "value": text("secure-mcp") },
                { "key": "service.version", "value": text(env!("CARGO_PKG_VERSION")) },
                { "key": "service.instance.id", "value": text(&batch.origin) },
            ] },
            "scopeSpans": [{ "scope": { "name": "secure-mcp.audit" }, "spans": spans }],
        }] })
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

fn span(record: &ReadRecord) -> Option<Value> {
    if !matches!(record.event, Event::Outcome | Event::Refused) {
        return None;
    }
    let call = record.call?;
    let duration_us = record.body.pointer("/unmapped/duration_us")?.as_u64()?;
    let word = |pointer: &str| record.body.pointer(pointer).and_then(Value::as_str);
    // A name that is no tool's is sealed, and stays out.
    let tool = word("/api/operation").unwrap_or_default();
    let end = u128::from(record.time.0) * NANOS_PER_MILLI;
    let error = word("/status_code");
    let texts = [
        ("mcp.method.name", Some("tools/call")),
        ("gen_ai.operation.name", Some("execute_tool")),
        ("gen_ai.tool.name", Some(tool).filter(|tool| !tool.is_empty())),
        ("error.type", error),
        ("secure_mcp.decision", word("/unmapped/decision")),
    ];
    let attributes: Vec<Value> = texts
        .into_iter()
        .filter_map(|(key, value)| Some(json!({ "key": key, "value": { "stringValue": value? } })))
        .collect();
    Some(json!({
        "traceId": hex(&call.to_bytes()),
        "spanId": hex(record.leaf.get(..SPAN_ID_BYTES)?),
        "name": format!("tools/call {tool}").trim_end(),
        "kind": SERVER,
        "startTimeUnixNano": (end.saturating_sub(u128::from(duration_us) * NANOS_PER_MICRO)).to_string(),
        "endTimeUnixNano": end.to_string(),
        "attributes": attributes,
        "status": { "code": if error.is_some() { ERROR } else { OK } },
    }))
}
