//! From raw to scanned: the result's content and data, or the refusal that takes its place.

use crate::OutputScanner;
use crate::places::{Pass, Place, Sight};
use audit::{FindingCount, IntentReceipt, Usage};
use domain::{CallId, ControlVerdict, Decision, Digest, Examined, Refusal, RefusalCode, Untrusted};
use execute::{Output, RawOutput};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use std::time::Instant;
use validate::CheckedCall;

/// A result as it will be sent.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) content: Box<RawValue>,
    pub(crate) structured: Box<RawValue>,
    pub(crate) is_error: bool,
}

impl Body {
    fn new(content: &[Value], structured: &Value, is_error: bool) -> Result<Self, Refusal> {
        let wrong = |_| Refusal::new(RefusalCode::Internal, "an output cannot be written as JSON");
        Ok(Self {
            content: to_raw_value(content).map_err(wrong)?,
            structured: to_raw_value(structured).map_err(wrong)?,
            is_error,
        })
    }

    fn bytes(&self) -> u64 {
        (self.content.get().len() + self.structured.get().len()) as u64
    }

    fn digest(&self) -> Digest {
        Digest::of_parts([self.content.get().as_bytes(), self.structured.get().as_bytes()])
    }
}

/// Evidence of layer 5: every string of this output was read, and what had to go is gone.
///
/// Not `Clone`, not `Default`, not `Deserialize`; only [`scan`] makes one. It carries the intent's
/// receipt until [`crate::close`] trades it for the outcome's.
#[derive(Debug)]
pub struct ScannedOutput {
    pub(crate) checked: CheckedCall,
    pub(crate) receipt: Option<IntentReceipt>,
    pub(crate) verdicts: Vec<ControlVerdict>,
    pub(crate) body: Result<Body, Refusal>,
    pub(crate) findings: Vec<FindingCount>,
    pub(crate) usage: Option<Usage>,
    pub(crate) started: Instant,
}

impl ScannedOutput {
    /// The call's name.
    pub fn call(&self) -> CallId {
        self.checked.call()
    }

    /// The decision word.
    pub fn decision(&self) -> Decision {
        match &self.body {
            Ok(_) => Decision::Allow,
            Err(refusal) => refusal.code().decision(),
        }
    }

    /// Why there is no output, if there is none.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.body.as_ref().err()
    }

    /// What every layer said.
    pub fn verdicts(&self) -> impl Iterator<Item = &ControlVerdict> {
        self.checked.verdicts().chain(&self.verdicts)
    }

    /// The output for the tool that called this one: foreign again, since it goes into another run.
    pub fn into_child_output(self) -> Result<Untrusted<Output>, Refusal> {
        let body = self.body?;
        let wrong = |_| Refusal::new(RefusalCode::Internal, "a scanned output cannot be read");
        Ok(Untrusted::new(Output {
            content: serde_json::from_str(body.content.get()).map_err(wrong)?,
            structured: serde_json::from_str(body.structured.get()).map_err(wrong)?,
            is_error: body.is_error,
        }))
    }

    pub(crate) fn digest(&self) -> Digest {
        self.body.as_ref().map_or_else(|_| Digest::of(b""), Body::digest)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.body.as_ref().map_or(0, Body::bytes)
    }
}

/// Layer 5. A blocked output becomes the refusal `output_blocked`, one over the tool's size `limit_exceeded`.
pub fn scan(raw: RawOutput, scanner: &OutputScanner) -> ScannedOutput {
    let parts = raw.into_parts();
    let permit = parts.checked.permit();
    let mut pass = Pass::new(scanner, Sight { unredacted: authz::sees_unredacted(permit) });
    let limit = permit.manifest().limits().max_output_bytes;
    let body = parts.outcome.and_then(|output| read(output, &mut pass, limit));
    let mut verdicts = Vec::from(parts.verdicts);
    verdicts.extend(pass.tally.verdicts());
    ScannedOutput {
        checked: parts.checked,
        receipt: Some(parts.receipt),
        verdicts,
        body,
        findings: pass.tally.counts(),
        usage: parts.usage,
        started: parts.started,
    }
}

fn read(output: Untrusted<Output>, pass: &mut Pass<'_>, limit: u64) -> Result<Body, Refusal> {
    let mut output = output.open(Examined::ByOutputScan);
    pass.content(&mut output.content);
    if !output.structured.is_object() {
        output.structured = json!({ "value": output.structured });
    }
    pass.value(&mut output.structured, Place::Data, None);
    if pass.tally.is_blocked() {
        return Err(Refusal::new(
            RefusalCode::OutputBlocked,
            "a finding or an unreadable part stands in the output",
        ));
    }
    let body = Body::new(&output.content, &output.structured, output.is_error)?;
    if body.bytes() > limit {
        return Err(Refusal::new(RefusalCode::LimitExceeded, "the output is over the tool's limit")
            .with_limit("max_output_bytes"));
    }
    Ok(body)
}
