//! What an approval is bound to.

use domain::{Digest, PersonId, Principal, ToolName};
use store::ApprovalTerms;

/// Everything that has to be the same when the call is made again.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Who calls.
    pub principal: Principal,
    /// The tool.
    pub tool: ToolName,
    /// The tool's definition: a changed tool is another call.
    pub definition: Digest,
    /// The arguments, as sent.
    pub arguments: Digest,
    /// The plan: what the tool made of the arguments under the caller's data view.
    pub plan: Digest,
    /// The policy set: after a change of policy the approver would have seen another question.
    pub policy: Digest,
}

impl Binding {
    /// One digest over all of it and over who has to agree: under other terms it would be another question.
    pub(crate) fn digest(&self, terms: &ApprovalTerms) -> Digest {
        let needed = terms.needed.to_be_bytes();
        let approvers = terms
            .approvers
            .as_ref()
            .map(|people| people.iter().map(PersonId::as_str).collect::<Vec<_>>().join("\n"));
        Digest::of_parts([
            needed.as_slice(),
            approvers.as_deref().unwrap_or("\n").as_bytes(),
            self.principal.tenant.as_str().as_bytes(),
            self.principal.person.as_str().as_bytes(),
            self.principal.client.as_str().as_bytes(),
            self.tool.as_str().as_bytes(),
            self.definition.as_bytes(),
            self.arguments.as_bytes(),
            self.plan.as_bytes(),
            self.policy.as_bytes(),
        ])
    }
}
