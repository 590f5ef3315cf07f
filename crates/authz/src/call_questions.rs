//! What is asked about a permitted call later: its arguments, approval, redaction, isolation.
//!
//! Obligations are permissions that are missing: no permit to call without approval means that
//! somebody must approve, no permit to see the output unredacted means that it is redacted.

use crate::permit::Permit;
use crate::vocabulary::Action;
use domain::{Refusal, RefusalCode};
use manifest::{AttributeKind, AttributeValue, Attributes, ToolManifest};
use std::sync::Arc;

/// Does another person have to agree?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// Policy lets the call run at once.
    NotNeeded,
    /// Policy does not let it run without another person's agreement.
    Needed,
}

/// Asks for `callWith`. Returns the rules that permitted.
///
/// Refuses with `denied` if a side has no permit, if a rule forbids or fails, and if an attribute
/// is not one that the tool declares with this type. Declared ones may be absent.
pub fn permits_arguments(permit: &Permit, attributes: &Attributes) -> Result<Vec<Arc<str>>, Refusal> {
    let denied = |internal: String| Refusal::new(RefusalCode::Denied, internal);
    check_declared(permit.manifest(), attributes).map_err(denied)?;
    let ruling = permit.ask(Action::CallWith, attributes).map_err(denied)?;
    if ruling.allowed() {
        return Ok(ruling.reasons());
    }
    Err(denied(ruling.why_denied(Action::CallWith, permit.target())))
}

/// Asks for `callWithoutApproval`. Whatever is not a clear yes is [`Approval::Needed`].
pub fn needs_approval(permit: &Permit, attributes: &Attributes) -> Approval {
    let is_declared = check_declared(permit.manifest(), attributes).is_ok();
    match permit.ask(Action::CallWithoutApproval, attributes) {
        Ok(ruling) if is_declared && ruling.allowed() => Approval::NotNeeded,
        _ => Approval::Needed,
    }
}

/// True if the output is shown as it is: nothing that the scan finds in it is redacted.
pub fn sees_unredacted(permit: &Permit) -> bool {
    permit.ask(Action::SeeUnredacted, &Attributes::new()).is_ok_and(|ruling| ruling.allowed())
}

/// True if the caller's code may run without isolation, as a process of the server's host.
pub fn may_run_in_process(permit: &Permit) -> bool {
    permit.ask(Action::RunInProcess, &Attributes::new()).is_ok_and(|ruling| ruling.allowed())
}

/// What the tool did not declare never enters a context.
pub(crate) fn check_declared(tool: &ToolManifest, attributes: &Attributes) -> Result<(), String> {
    for (name, value) in attributes {
        let declared = tool.attributes().iter().find(|attribute| attribute.name == name);
        match declared {
            Some(attribute) if fits(value, attribute.kind) => {}
            Some(_) => {
                return Err(format!(
                    "attribute `{name}` is not of the type that tool `{}` declares",
                    tool.name()
                ));
            }
            None => return Err(format!("attribute `{name}` is not declared by tool `{}`", tool.name())),
        }
    }
    Ok(())
}

const fn fits(value: &AttributeValue, kind: AttributeKind) -> bool {
    matches!(
        (value, kind),
        (AttributeValue::String(_), AttributeKind::String)
            | (AttributeValue::Long(_), AttributeKind::Long)
            | (AttributeValue::Bool(_), AttributeKind::Bool)
            | (AttributeValue::StringSet(_), AttributeKind::StringSet)
    )
}
