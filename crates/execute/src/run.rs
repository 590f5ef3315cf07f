//! The effect: one connector, one deadline, one output.

use crate::{Begun, CallPort, Connectors, Isolation, Output, Ran};
use audit::{IntentReceipt, Usage};
use domain::{CallId, Control, ControlVerdict, Refusal, RefusalCode, Untrusted, Verdict};
use std::time::Instant;
use tokio::time::timeout;
use validate::CheckedCall;

/// Evidence of layer 4: what one begun call brought back, unread.
///
/// Not `Clone`, not `Default`, not `Deserialize`; only [`run`] makes one. It carries the intent's
/// receipt, so an output cannot be separated from its record.
#[derive(Debug)]
pub struct RawOutput {
    checked: CheckedCall,
    receipt: IntentReceipt,
    verdicts: [ControlVerdict; 2],
    outcome: Result<Untrusted<Output>, Refusal>,
    usage: Option<Usage>,
    started: Instant,
}

/// The parts of a [`RawOutput`], for layer 5.
pub struct RawParts {
    /// The evidence of layers 1 to 3.
    pub checked: CheckedCall,
    /// To be closed with the outcome.
    pub receipt: IntentReceipt,
    /// What the intent and the isolation said.
    pub verdicts: [ControlVerdict; 2],
    /// What came out.
    pub outcome: Result<Untrusted<Output>, Refusal>,
    /// What it used.
    pub usage: Option<Usage>,
    /// When the intent was on disk.
    pub started: Instant,
}

impl RawOutput {
    /// The call's name.
    pub fn call(&self) -> CallId {
        self.checked.call()
    }

    /// Takes the output apart; the foreign part stays [`Untrusted`].
    pub fn into_parts(self) -> RawParts {
        RawParts {
            checked: self.checked,
            receipt: self.receipt,
            verdicts: self.verdicts,
            outcome: self.outcome,
            usage: self.usage,
            started: self.started,
        }
    }
}

/// Runs a begun call. A connector that used less isolation than the tool needs without a [`Waiver`], or
/// that overran its time, gives no output: `isolation_unavailable`, `timeout`.
///
/// [`Waiver`]: crate::Waiver
pub async fn run(begun: Begun, connectors: &Connectors, port: &dyn CallPort) -> RawOutput {
    let limit = begun.manifest().limits().timeout;
    let needed = begun.manifest().isolation();
    let ran = match connectors.get(begun.manifest().name()) {
        Some(connector) => timeout(limit, connector.run(&begun, port)).await.unwrap_or_else(|_| Ran {
            outcome: Err(Refusal::new(RefusalCode::Timeout, "the connector overran the tool's timeout")),
            isolation: begun.isolation_when_cut_off(),
            usage: None,
            rows: 0,
        }),
        None => {
            Ran::in_process(Err(Refusal::new(RefusalCode::Internal, "a permitted tool has no connector")))
        }
    };
    let (mut checked, receipt, intent, started) = begun.into_parts();
    checked.admission_mut().ran(ran.rows);
    let was_refused =
        ran.outcome.as_ref().err().is_some_and(|refusal| refusal.code() == RefusalCode::IsolationUnavailable);
    let said = |verdict| ControlVerdict::new(Control::ExecuteIsolation, verdict);
    let (outcome, isolation) = match ran.isolation {
        Isolation::Held { tier, detail } if tier >= needed => {
            let verdict = if was_refused { Verdict::Refused } else { Verdict::Pass };
            (ran.outcome, said(verdict).because(detail))
        }
        // Never a pass: the control was not there, and both records and the reply say so.
        Isolation::Waived { waiver: _, detail } => {
            let verdict = if was_refused { Verdict::Refused } else { Verdict::NotConfigured };
            (ran.outcome, said(verdict).because(detail))
        }
        Isolation::Held { .. } => {
            let less = "the run had less isolation than the tool needs";
            (Err(Refusal::new(RefusalCode::IsolationUnavailable, less)), said(Verdict::Refused))
        }
    };
    RawOutput { checked, receipt, verdicts: [intent, isolation], outcome, usage: ran.usage, started }
}
