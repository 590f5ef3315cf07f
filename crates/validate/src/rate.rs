//! Rates and quotas: the caller's and the tool's first of all, the resource's as soon as it is known.

use crate::Validator;
use authz::Permit;
use domain::{Control, ControlVerdict, Refusal, ResourceName, Verdict};
use limits::{Admission, Bound};
use manifest::{IsolationTier, ToolManifest};

/// Room for the call under the rules for its caller and its tool.
pub(crate) async fn admit(validator: &Validator, permit: &Permit) -> Result<Admission, Refusal> {
    let tool = permit.manifest();
    validator.limits.admit(permit.principal(), tool.name(), bound(tool)).await
}

/// Room under the rules for its resource as well, if it has one.
pub(crate) async fn enter(
    admission: Admission,
    resource: Option<&ResourceName>,
) -> Result<Admission, Refusal> {
    match resource {
        Some(resource) => admission.enter(resource).await,
        None => Ok(admission),
    }
}

/// What the control says of a call that was let pass.
pub(crate) fn verdict(admission: &Admission) -> ControlVerdict {
    let verdict = if admission.is_limited() { Verdict::Pass } else { Verdict::NotConfigured };
    ControlVerdict::new(Control::ValidateRate, verdict)
}

/// What a call of the tool uses at most. A tool of our own code runs none of the caller's.
fn bound(tool: &ToolManifest) -> Bound {
    let limits = tool.limits();
    let runs_code = tool.isolation() > IsolationTier::Connector;
    let run_ms = u64::try_from(limits.timeout.as_millis()).unwrap_or(u64::MAX);
    Bound {
        rows: limits.max_rows,
        bytes: limits.max_output_bytes,
        sandbox_ms: if runs_code { run_ms } else { 0 },
    }
}
