//! The layer's evidence, and what it hands back when it stops a call.

use approvals::Claim;
use authz::{Basis, Permit};
use domain::{CallId, ControlVerdict, Digest, Refusal};
use limits::Admission;
use manifest::{Arguments, DataView, Plan};
use std::sync::Arc;

/// Evidence of layer 3: this call, with these arguments and this plan, may run once.
///
/// Not `Clone`, not `Default`, not `Deserialize`; only [`crate::check`] makes one.
#[derive(Debug)]
pub struct CheckedCall {
    pub(crate) call: CallId,
    pub(crate) permit: Permit,
    pub(crate) arguments: Arguments,
    pub(crate) view: Arc<DataView>,
    pub(crate) plan: Plan,
    pub(crate) claim: Option<Claim>,
    pub(crate) admission: Admission,
    pub(crate) basis: Basis,
    pub(crate) verdicts: Vec<ControlVerdict>,
}

impl CheckedCall {
    /// The call's name.
    pub const fn call(&self) -> CallId {
        self.call
    }

    /// The evidence of layer 2, and of layer 1 inside it.
    pub const fn permit(&self) -> &Permit {
        &self.permit
    }

    /// The arguments, as sent.
    pub const fn arguments(&self) -> &Arguments {
        &self.arguments
    }

    /// What the caller may see of the target.
    pub fn view(&self) -> &DataView {
        &self.view
    }

    /// What will run.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What the decision rests on: what policy read of the call.
    pub const fn basis(&self) -> &Basis {
        &self.basis
    }

    /// The approval that the call uses, if it needed one.
    pub fn approval(&self) -> Option<&str> {
        self.claim.as_ref().map(Claim::id)
    }

    /// What layers 1 to 3 said.
    pub fn verdicts(&self) -> impl Iterator<Item = &ControlVerdict> {
        self.permit.verdicts().into_iter().chain(&self.verdicts)
    }

    /// The room that the call has under the operator's limits, to say what it uses.
    pub const fn admission_mut(&mut self) -> &mut Admission {
        &mut self.admission
    }

    /// Gives up the call and hands the evidence of layer 2 back, for the record.
    pub fn into_permit(self) -> Permit {
        self.permit
    }

    /// Takes the approval's claim out, to be spent together with the intent.
    pub fn take_claim(&mut self) -> Option<Claim> {
        self.claim.take()
    }
}

/// A call that layer 3 refused, with what the record needs.
#[derive(Debug)]
pub struct Stopped {
    /// Why.
    pub refusal: Refusal,
    /// The evidence so far.
    pub permit: Permit,
    /// The arguments' digest.
    pub arguments: Digest,
    /// What policy read of the call up to there, and what it said.
    pub basis: Basis,
    /// What layer 3 said up to there.
    pub verdicts: Vec<ControlVerdict>,
}
