//! The intent: on disk before the effect.

use audit::{Audit, Intent, IntentReceipt};
use domain::{CallId, Control, ControlVerdict, Principal, Refusal, RefusalCode, Verdict};
use manifest::{DataView, Plan, ToolManifest};
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use validate::{CheckedCall, who};

/// Evidence of layer 4: this call's intent is on disk. Receipt and call travel together.
///
/// Not `Clone`, not `Default`, not `Deserialize`; only [`begin`] makes one.
#[derive(Debug)]
pub struct Begun {
    checked: CheckedCall,
    receipt: IntentReceipt,
    verdict: ControlVerdict,
    started: Instant,
    depth: u8,
    /// Whether leave to run without isolation was taken; a run that is cut off cannot say it itself.
    pub(crate) waived: AtomicBool,
}

/// A call whose intent could not be recorded: nothing ran.
#[derive(Debug)]
pub struct NotBegun {
    /// Why.
    pub refusal: Refusal,
    /// The evidence so far.
    pub checked: CheckedCall,
}

/// Writes the intent and waits for the disk. Refuses with `internal` if a control that is due before
/// the effect has not spoken, with `audit_unavailable` or `quota_exhausted` if the log does not take it.
pub async fn begin(
    mut checked: CheckedCall,
    parent: Option<&Begun>,
    audit: &Audit,
) -> Result<Begun, Box<NotBegun>> {
    if let Some(missing) = missing_control(&checked) {
        let refusal =
            Refusal::new(RefusalCode::Internal, format!("control {missing} has not let the call pass"));
        return Err(Box::new(NotBegun { refusal, checked }));
    }
    let mut claim = checked.take_claim();
    let intent = intent_of(&checked, claim.as_ref().map(|claim| claim.id().to_owned()), parent);
    if let Some(claim) = &mut claim {
        claim.hold();
    }
    match audit.intent(intent).await {
        Ok(receipt) => {
            if let Some(claim) = claim {
                claim.spend();
            }
            checked.admission_mut().begin();
            Ok(Begun {
                checked,
                receipt,
                verdict: ControlVerdict::new(Control::AuditIntent, Verdict::Pass),
                started: Instant::now(),
                depth: parent.map_or(0, |parent| parent.depth.saturating_add(1)),
                waived: AtomicBool::new(false),
            })
        }
        Err(refusal) => {
            // These come before anything is queued; any other failure may have come after.
            let never_written = matches!(
                refusal.code(),
                RefusalCode::QuotaExhausted | RefusalCode::Busy | RefusalCode::ShuttingDown
            );
            if let Some(claim) = claim.filter(|_| never_written) {
                claim.release();
            }
            Err(Box::new(NotBegun { refusal, checked }))
        }
    }
}

/// The first control due before the effect, the intent apart, that is missing or did not let pass.
fn missing_control(checked: &CheckedCall) -> Option<Control> {
    let expected = checked.permit().manifest().expected_before_effect();
    expected.iter().copied().filter(|control| *control != Control::AuditIntent).find(|control| {
        !checked.verdicts().any(|verdict| verdict.name == *control && verdict.lets_pass())
            || checked.verdicts().any(|verdict| verdict.name == *control && !verdict.lets_pass())
    })
}

fn intent_of(checked: &CheckedCall, approval: Option<String>, parent: Option<&Begun>) -> Intent {
    let permit = checked.permit();
    Intent {
        call: checked.call(),
        parent: parent.map(Begun::call),
        who: who(permit.authenticated()),
        tool: permit.manifest().name().clone(),
        definition: permit.manifest().definition_hash(),
        arguments: checked.arguments().digest(),
        arguments_bytes: checked.arguments().bytes(),
        plan: checked.plan().digest(),
        resource: checked.view().resource().cloned(),
        policy: permit.policy_hash(),
        reasons: permit.reasons().iter().map(|reason| reason.to_string()).collect(),
        approval,
        basis: Some(checked.basis().text(permit.authenticated())),
        controls: checked.verdicts().cloned().collect(),
    }
}

impl Begun {
    /// The call's name.
    pub fn call(&self) -> CallId {
        self.checked.call()
    }

    /// Whom the call acts for.
    pub fn principal(&self) -> &Principal {
        self.checked.permit().principal()
    }

    /// The tool.
    pub fn manifest(&self) -> &ToolManifest {
        self.checked.permit().manifest()
    }

    /// What runs. A connector decodes these bytes and nothing else.
    pub const fn plan(&self) -> &Plan {
        self.checked.plan()
    }

    /// What the caller may see of the target.
    pub fn view(&self) -> &DataView {
        self.checked.view()
    }

    /// The evidence of layers 1 to 3.
    pub const fn checked(&self) -> &CheckedCall {
        &self.checked
    }

    /// How many calls are above this one.
    pub const fn depth(&self) -> u8 {
        self.depth
    }

    /// When the intent was on disk.
    pub const fn started(&self) -> Instant {
        self.started
    }

    /// What layers 1 to 3 and the intent said.
    pub fn verdicts(&self) -> impl Iterator<Item = &ControlVerdict> {
        self.checked.verdicts().chain(std::iter::once(&self.verdict))
    }

    pub(crate) fn into_parts(self) -> (CheckedCall, IntentReceipt, ControlVerdict, Instant) {
        (self.checked, self.receipt, self.verdict, self.started)
    }
}
