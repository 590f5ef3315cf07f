//! From raw to scanned: the result's content and data, or the refusal that takes its place.

use crate::OutputScanner;
use crate::body::Body;
use crate::places::Sight;
use crate::read::{Reading, read};
use audit::{FindingCount, IntentReceipt, Usage};
use domain::{CallId, ControlVerdict, Decision, Digest, Refusal, RefusalCode, Untrusted};
use execute::{Output, RawOutput};
use std::time::Instant;
use validate::CheckedCall;

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

/// Layer 5. A blocked output becomes the refusal `output_blocked`, one over the tool's size `limit_exceeded`,
/// one whose scan breaks `internal`.
pub async fn scan(raw: RawOutput, scanner: &OutputScanner) -> ScannedOutput {
    let mut parts = raw.into_parts();
    let permit = parts.checked.permit();
    let sight = Sight { unredacted: authz::sees_unredacted(permit) };
    let limit = permit.manifest().limits().max_output_bytes;
    let reading = match parts.outcome {
        Ok(output) => read(output, scanner, sight, limit).await,
        Err(refusal) => Reading::of_nothing(refusal, scanner),
    };
    let mut verdicts = Vec::from(parts.verdicts);
    verdicts.extend(reading.verdicts);
    parts.checked.admission_mut().sends(reading.body.as_ref().map_or(0, Body::bytes));
    ScannedOutput {
        checked: parts.checked,
        receipt: Some(parts.receipt),
        verdicts,
        body: reading.body,
        findings: reading.findings,
        usage: parts.usage,
        started: parts.started,
    }
}
