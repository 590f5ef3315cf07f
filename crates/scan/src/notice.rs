//! Everything that is not a call's result: lists, handshakes, errors, refusals.

use crate::call_meta::CallMeta;
use crate::frame::{blocked_id, error, refused};
use crate::places::{Pass, Place, Sight};
use crate::{OutputScanner, ScannedFrame};
use audit::RecordReceipt;
use domain::{CallId, ControlVerdict, Refusal, RefusalCode};
use protocol::{ReplyTo, RpcError, result_frame};
use serde_json::{Map, Value};

/// A protocol result: a list, a handshake, an answer to ping. It cannot hold a call's result: that has
/// its own way, [`crate::seal`].
pub fn notice_result(to: &ReplyTo, mut result: Map<String, Value>, scanner: &OutputScanner) -> ScannedFrame {
    if let Some(blocked) = blocked_id(&to.id, scanner) {
        return blocked;
    }
    let mut pass = Pass::new(scanner, Sight { unredacted: false });
    for (name, member) in &mut result {
        description(&mut pass, member, name);
    }
    if pass.tally.is_blocked() {
        let blocked = Refusal::new(RefusalCode::OutputBlocked, "a finding stands in a protocol message");
        return error(&RpcError::of(blocked).answering(to.id.clone()));
    }
    ScannedFrame::new(result_frame(to, result).to_string().into(), 200)
}

/// Titles, descriptions and instructions are for people and models and are rewritten; the rest is protocol.
fn description(pass: &mut Pass<'_>, value: &mut Value, key: &str) {
    match value {
        Value::String(text) if matches!(key, "title" | "description" | "instructions") => {
            pass.text(text, None, Vec::new());
        }
        Value::Array(items) => items.iter_mut().for_each(|item| description(pass, item, key)),
        Value::Object(members) => {
            for (name, member) in members {
                pass.protocol(name);
                description(pass, member, name);
            }
        }
        other => pass.value(other, Place::Protocol, None),
    }
}

/// A protocol error. Its sentence is read like any text; its data may quote the caller and is protocol.
pub fn notice_error(of: RpcError, scanner: &OutputScanner) -> ScannedFrame {
    if let Some(blocked) = of.id.as_ref().and_then(|id| blocked_id(id, scanner)) {
        return blocked;
    }
    let mut shown = of;
    let mut pass = Pass::new(scanner, Sight { unredacted: false });
    pass.text(&mut shown.message, None, Vec::new());
    if let Some(data) = &mut shown.data {
        pass.value(data, Place::Protocol, None);
    }
    if pass.tally.is_blocked() {
        shown.message = shown.refusal.code().sentence().to_owned();
        shown.data = None;
    }
    error(&shown)
}

/// What a refused call's reply says beside the refusal.
pub struct RefusedCall<'a> {
    /// The call's name.
    pub call: CallId,
    /// What the controls said up to there.
    pub controls: Vec<ControlVerdict>,
    /// The record of the refusal.
    pub receipt: &'a RecordReceipt,
}

/// The result of a call that was refused after the tool was visible and before it began.
pub fn notice_refusal(
    to: &ReplyTo,
    refusal: &Refusal,
    said: RefusedCall<'_>,
    scanner: &OutputScanner,
) -> ScannedFrame {
    if let Some(blocked) = blocked_id(&to.id, scanner) {
        return blocked;
    }
    let decision = refusal.code().decision();
    let receipt = said.receipt.to_file();
    let meta = CallMeta::new(said.call, decision, said.controls.iter(), receipt, Some(refusal));
    refused(to, refusal, &meta, scanner)
}
