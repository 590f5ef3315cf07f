//! The only thing that goes out.

use crate::call_meta::CallMeta;
use crate::places::{Pass, Sight};
use crate::refusal::Read;
use crate::{OutputScanner, ScannedOutput};
use audit::OutcomeReceipt;
use bytes::Bytes;
use domain::{Control, ControlVerdict, Refusal, RefusalCode, Verdict};
use protocol::{CallResult, ReplyTo, RequestId, RpcError, error_frame};
use serde_json::json;
use serde_json::value::to_raw_value;

/// Evidence for the socket: every string of these bytes was scanned, and the call they answer is on
/// disk. A socket writer takes nothing else.
///
/// Not `Clone`, not `Default`, not `Deserialize`; only [`seal`] and the notices make one.
#[derive(Debug)]
pub struct ScannedFrame {
    bytes: Bytes,
    http_status: u16,
}

impl ScannedFrame {
    pub(crate) const fn new(bytes: Bytes, http_status: u16) -> Self {
        Self { bytes, http_status }
    }

    /// One JSON-RPC message. The bytes are shared, not copied.
    pub fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }

    /// The HTTP status that goes with it.
    pub const fn http_status(&self) -> u16 {
        self.http_status
    }
}

/// The reply to a closed call. The only way out for a call's result.
///
/// A receipt of another call, an id that cannot be echoed or a refusal text with a finding gives an
/// error frame instead.
pub fn seal(
    scanned: ScannedOutput,
    receipt: &OutcomeReceipt,
    to: &ReplyTo,
    scanner: &OutputScanner,
) -> ScannedFrame {
    if receipt.call() != scanned.call() {
        let refusal = Refusal::new(RefusalCode::Internal, "the receipt is of another call");
        return error(&RpcError::of(refusal));
    }
    if let Some(blocked) = blocked_id(&to.id, scanner) {
        return blocked;
    }
    let written = ControlVerdict::new(Control::AuditOutcome, Verdict::Pass);
    let controls = scanned.verdicts().chain(std::iter::once(&written));
    let (decision, refusal) = (scanned.decision(), scanned.refusal());
    let meta = CallMeta::new(scanned.call(), decision, controls, receipt.to_file(), refusal);
    match &scanned.body {
        Ok(body) => {
            encode(to, &CallResult::new(to.era, &body.content, &body.structured, body.is_error, &meta))
        }
        Err(refusal) => refused(to, refusal, &meta, scanner),
    }
}

/// A refused call's result: `isError`, one sentence, read like any other text.
pub(crate) fn refused(
    to: &ReplyTo,
    refusal: &Refusal,
    meta: &CallMeta<'_>,
    scanner: &OutputScanner,
) -> ScannedFrame {
    let Read { sentence, data, .. } = Read::of(refusal, scanner);
    let content = to_raw_value(&json!([{ "type": "text", "text": sentence }]));
    match (content, to_raw_value(&data)) {
        (Ok(content), Ok(data)) => encode(to, &CallResult::new(to.era, &content, &data, true, meta)),
        _ => error(&unwritable()),
    }
}

fn encode(to: &ReplyTo, result: &CallResult<'_, CallMeta<'_>>) -> ScannedFrame {
    match result.frame(to) {
        Ok(bytes) => ScannedFrame::new(bytes.into(), 200),
        Err(_) => error(&unwritable()),
    }
}

fn unwritable() -> RpcError {
    RpcError::of(Refusal::new(RefusalCode::Internal, "a reply cannot be written as JSON"))
}

/// An error without anything of the caller's in it; no need to scan what we wrote.
pub(crate) fn error(error: &RpcError) -> ScannedFrame {
    ScannedFrame::new(error_frame(error).to_string().into(), error.http_status)
}

/// An id is a protocol position: a finding in it blocks the frame, and the error goes without an id.
pub(crate) fn blocked_id(id: &RequestId, scanner: &OutputScanner) -> Option<ScannedFrame> {
    let RequestId::Text(text) = id else { return None };
    let mut pass = Pass::new(scanner, Sight { unredacted: false });
    pass.protocol(text);
    pass.tally.is_blocked().then(|| {
        error(&RpcError::of(Refusal::new(RefusalCode::Malformed, "the request id cannot be echoed")))
    })
}
