//! Our own statements about a call, in the reply's `_meta`.

use domain::{CallId, ControlVerdict, Decision, Refusal};
use serde_json::{Map, Value, json};

/// `_meta["secure-mcp/call"]`, and `_meta["secure-mcp/refusal"]` if the call was refused.
pub(crate) fn call_meta<'a>(
    call: CallId,
    decision: Decision,
    controls: impl Iterator<Item = &'a ControlVerdict>,
    receipt: Value,
    refusal: Option<&Refusal>,
) -> Map<String, Value> {
    let controls: Vec<&ControlVerdict> = controls.collect();
    let mut meta = Map::new();
    meta.insert(
        "secure-mcp/call".to_owned(),
        json!({ "call_id": call, "decision": decision, "controls": controls, "receipt": receipt }),
    );
    if let Some(refusal) = refusal {
        let said = json!({
            "code": refusal.code(),
            "retry_after_ms": refusal.retry_after_ms(),
            "approval_id": refusal.approval_id(),
        });
        meta.insert("secure-mcp/refusal".to_owned(), said);
    }
    meta
}

/// The content and the data of a refused call: one public sentence, and its code.
pub(crate) fn refusal_body(refusal: &Refusal) -> (String, Value) {
    let sentence = refusal.public();
    let data = json!({ "refusal": {
        "code": refusal.code(),
        "message": sentence,
        "limit": refusal.limit(),
        "retry_after_ms": refusal.retry_after_ms(),
        "approval_id": refusal.approval_id(),
    }});
    (sentence, data)
}
