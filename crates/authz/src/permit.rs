//! Layer 2 for tools: may this principal call this tool at all? And its evidence.
//!
//! Listing and calling ask [`visible`]'s question, so what is listed can be called and nothing else.
//! A tool that does not exist and one that may not be seen take the same way out.

use crate::party::Caller;
use crate::policy::Policy;
use crate::ruling::Ruling;
use crate::slice::Target;
use crate::vocabulary::Action;
use authn::{Audience, Authenticated};
use domain::{Control, ControlVerdict, Digest, Principal, Refusal, RefusalCode, Verdict};
use manifest::{Attributes, ToolManifest};
use std::sync::Arc;

/// Evidence of layer 2: policy lets this principal call this tool, arguments aside.
///
/// Not `Clone`, not `Default`, not `Deserialize`; only [`authorize`] makes one.
#[derive(Debug)]
pub struct Permit {
    authenticated: Authenticated,
    manifest: Arc<ToolManifest>,
    policy: Arc<Policy>,
    caller: Arc<Caller>,
    reasons: Vec<Arc<str>>,
    verdict: ControlVerdict,
}

impl Permit {
    /// Who calls.
    pub fn principal(&self) -> &Principal {
        self.authenticated.principal()
    }

    /// The evidence of layer 1, for the record and for a call that this call makes.
    pub const fn authenticated(&self) -> &Authenticated {
        &self.authenticated
    }

    /// The tool.
    pub const fn manifest(&self) -> &Arc<ToolManifest> {
        &self.manifest
    }

    /// The policy that decided, and that later questions of the same call are put to.
    pub const fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// The hash of that policy.
    pub fn policy_hash(&self) -> Digest {
        self.policy.policy_hash()
    }

    /// The rules that permitted: the person's, then the client's.
    pub fn reasons(&self) -> &[Arc<str>] {
        &self.reasons
    }

    /// The verdicts of layers 1 and 2.
    pub const fn verdicts(&self) -> [&ControlVerdict; 2] {
        [self.authenticated.verdict(), &self.verdict]
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Puts a further question about the tool of this permit.
    pub(crate) fn ask(&self, action: Action, attributes: &Attributes) -> Result<Ruling, String> {
        let tool = known(&self.policy, &self.manifest).ok_or("the policy was loaded without this tool")?;
        Ok(Ruling::ask(&self.policy, &self.caller, action, tool, attributes))
    }

    /// How later questions name the tool.
    pub(crate) fn target(&self) -> &Target {
        known(&self.policy, &self.manifest).unwrap_or_else(|| self.policy.no_tool())
    }
}

/// A refusal by policy, with the caller's evidence so that it can be recorded.
#[derive(Debug)]
pub struct Denied {
    /// What the client is told, and why, for the operator.
    pub refusal: Refusal,
    /// The evidence that [`authorize`] was given.
    pub authenticated: Authenticated,
    /// The rules that forbade; empty if none permitted.
    pub reasons: Vec<Arc<str>>,
    /// What the layer says in the controls manifest.
    pub verdict: ControlVerdict,
    /// The hash of the policy that decided.
    pub policy: Digest,
}

/// Layer 2. `tool` is `None` if no tool has the name that was asked for.
///
/// Refuses with `unknown_tool`, whether the tool does not exist or is not for this principal; only
/// the internal message tells which.
pub fn authorize(
    authenticated: Authenticated,
    tool: Option<&Arc<ToolManifest>>,
    policy: &Arc<Policy>,
) -> Result<Permit, Box<Denied>> {
    let found = look(&authenticated, tool.map(|manifest| &**manifest), policy);
    match (tool, found) {
        (Some(manifest), Look { caller: Some(caller), ruling: Ok(ruling) }) if ruling.allowed() => {
            Ok(Permit {
                reasons: ruling.reasons(),
                verdict: verdict(policy, Verdict::Pass),
                manifest: Arc::clone(manifest),
                policy: Arc::clone(policy),
                caller,
                authenticated,
            })
        }
        (_, Look { ruling, .. }) => {
            let (internal, reasons) = match ruling {
                Ok(ruling) => {
                    let target =
                        tool.and_then(|manifest| known(policy, manifest)).unwrap_or_else(|| policy.no_tool());
                    (ruling.why_denied(Action::Call, target), ruling.reasons())
                }
                Err(why) => (why.to_owned(), Vec::new()),
            };
            let refusal = Refusal::new(RefusalCode::UnknownTool, internal);
            Err(Box::new(Denied {
                refusal,
                authenticated,
                reasons,
                verdict: verdict(policy, Verdict::Refused),
                policy: policy.policy_hash(),
            }))
        }
    }
}

/// True if the principal may see and call the tool. The one question behind listing and calling.
pub fn visible(authenticated: &Authenticated, tool: &ToolManifest, policy: &Policy) -> bool {
    look(authenticated, Some(tool), policy).ruling.is_ok_and(|ruling| ruling.allowed())
}

struct Look {
    caller: Option<Arc<Caller>>,
    ruling: Result<Ruling, &'static str>,
}

/// Asks for `call`. A tool that does not exist is asked about as well, and the answer thrown away.
fn look(authenticated: &Authenticated, tool: Option<&ToolManifest>, policy: &Policy) -> Look {
    if authenticated.audience() != Audience::Mcp {
        return Look { caller: None, ruling: Err("the token is not for the MCP endpoint") };
    }
    let Some(caller) = policy.caller(authenticated.principal(), authenticated.token_roles()) else {
        return Look {
            caller: None,
            ruling: Err("the principal is of a tenant that the policy does not speak of"),
        };
    };
    let target = tool.map(|tool| known(policy, tool).ok_or("the policy was loaded without this tool"));
    let asked = target.unwrap_or(Err("no tool has this name"));
    let ruling = Ruling::ask(
        policy,
        &caller,
        Action::Call,
        asked.unwrap_or_else(|_| policy.no_tool()),
        &Attributes::new(),
    );
    Look { caller: Some(caller), ruling: asked.map(|_| ruling) }
}

/// The policy's own entry for a tool; none if the tool is not the one that the policy was checked against.
fn known<'a>(policy: &'a Policy, tool: &ToolManifest) -> Option<&'a Target> {
    let known = policy.tool(tool.name())?;
    let is_same = std::ptr::eq(Arc::as_ptr(&known.manifest), tool)
        || (known.manifest.definition_hash() == tool.definition_hash()
            && known.manifest.groups() == tool.groups());
    is_same.then_some(&known.target)
}

pub(crate) fn verdict(policy: &Policy, verdict: Verdict) -> ControlVerdict {
    ControlVerdict::of_version(Control::AuthzPolicy, policy.version().to_owned(), verdict)
}
