//! Our own statements about a call, in the reply's `_meta`.

use audit::ReceiptFile;
use domain::{CallId, ControlVerdict, Decision, Refusal, RefusalCode};
use serde::Serialize;
use serde_json::{Value, json};

/// `_meta["secure-mcp/call"]`, and `_meta["secure-mcp/refusal"]` if the call was refused.
#[derive(Serialize)]
pub(crate) struct CallMeta<'a> {
    #[serde(rename = "secure-mcp/call")]
    call: Said<'a>,
    #[serde(rename = "secure-mcp/refusal", skip_serializing_if = "Option::is_none")]
    refusal: Option<Why<'a>>,
}

#[derive(Serialize)]
struct Said<'a> {
    call_id: CallId,
    decision: Decision,
    controls: Vec<&'a ControlVerdict>,
    receipt: ReceiptFile,
}

#[derive(Serialize)]
struct Why<'a> {
    code: RefusalCode,
    retry_after_ms: Option<u64>,
    approval_id: Option<&'a str>,
}

impl<'a> CallMeta<'a> {
    pub(crate) fn new(
        call_id: CallId,
        decision: Decision,
        controls: impl Iterator<Item = &'a ControlVerdict>,
        receipt: ReceiptFile,
        refusal: Option<&'a Refusal>,
    ) -> Self {
        Self {
            call: Said { call_id, decision, controls: controls.collect(), receipt },
            refusal: refusal.map(|refusal| Why {
                code: refusal.code(),
                retry_after_ms: refusal.retry_after_ms(),
                approval_id: refusal.approval_id(),
            }),
        }
    }
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
