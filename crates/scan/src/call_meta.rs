//! Our own statements about a call, in the reply's `_meta`.

use audit::ReceiptFile;
use domain::{CallId, ControlVerdict, Decision, Refusal, RefusalCode};
use serde::Serialize;

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
