//! What an approval is bound to.

use domain::{Digest, Principal, ToolName};

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
    /// One digest over all of it.
    pub fn digest(&self) -> Digest {
        Digest::of_parts([
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
