//! The layer's one question, in its order.

use crate::checked_call::{CheckedCall, Stopped};
use crate::validator::{Tool, Validator};
use crate::{attributes, inbound, rate, schema, who};
use approvals::{Binding, Claim};
use authz::{Approval, Basis, Ends, Permit, Read};
use domain::{CallId, Control, ControlVerdict, Refusal, RefusalCode, ResourceName, Verdict};
use limits::Admission;
use manifest::{Arguments, DataView, Plan};
use std::sync::Arc;

/// What the steps have found out so far.
struct Progress {
    verdicts: Vec<ControlVerdict>,
    basis: Basis,
}

impl Progress {
    /// Notes the verdict of one step and lets its value or its refusal through.
    fn step<T>(&mut self, control: Control, result: Result<T, Refusal>) -> Result<T, Refusal> {
        let verdict = match &result {
            Ok(_) => Verdict::Pass,
            Err(refusal) if refusal.code() == RefusalCode::Internal => Verdict::Error,
            Err(_) => Verdict::Refused,
        };
        self.verdicts.push(ControlVerdict::new(control, verdict));
        result
    }
}

/// Layer 3. The call's refusals: `rate_limited`, `quota_exhausted`, `too_large`, `invalid_arguments`,
/// `denied`, `masked_only`, `approval_pending`, `approval_expired`, `busy`, `internal`.
pub async fn check(
    permit: Permit,
    arguments: Arguments,
    call: CallId,
    validator: &Validator,
) -> Result<CheckedCall, Box<Stopped>> {
    let mut progress = Progress { verdicts: Vec::new(), basis: Basis::visible() };
    match steps(&permit, &arguments, call, validator, &mut progress).await {
        Ok((admission, view, plan, claim)) => {
            let Progress { verdicts, basis } = progress;
            Ok(CheckedCall { call, permit, arguments, view, plan, claim, admission, basis, verdicts })
        }
        Err(refusal) => Err(Box::new(Stopped {
            refusal,
            permit,
            arguments: arguments.digest(),
            basis: progress.basis,
            verdicts: progress.verdicts,
        })),
    }
}

async fn steps(
    permit: &Permit,
    arguments: &Arguments,
    call: CallId,
    validator: &Validator,
    progress: &mut Progress,
) -> Result<(Admission, Arc<DataView>, Plan, Option<Claim>), Refusal> {
    let tool = validator.tool(permit.manifest().name());
    let tool =
        tool.ok_or_else(|| Refusal::new(RefusalCode::Internal, "a permitted tool has no validator"))?;
    // First, since it is the cheapest and the rest is what a flood would use up.
    let admission = match rate::admit(validator, permit).await {
        Err(refusal) => progress.step(Control::ValidateRate, Err(refusal))?,
        Ok(admission) => admission,
    };
    progress.step(Control::ValidateSchema, sizes_and_schema(permit, tool, arguments))?;
    progress.step(Control::ValidateInboundScan, inbound::check(validator, arguments).await)?;
    let target = match tool.prepare.target(arguments) {
        Err(refusal) => progress.step(Control::ValidatePlan, Err(refusal))?,
        Ok(target) => target,
    };
    let admission = match rate::enter(admission, target.as_ref()).await {
        Err(refusal) => progress.step(Control::ValidateRate, Err(refusal))?,
        Ok(admission) => admission,
    };
    progress.verdicts.push(rate::verdict(&admission));
    let planned = plan(permit, tool, arguments, target, &mut progress.basis);
    let (view, plan) = progress.step(Control::ValidatePlan, planned)?;
    let attributes = attributes::collect(permit.manifest(), arguments, &plan);
    let permitted = attributes.and_then(|attributes| {
        let permitted = authz::permits_arguments(permit, &attributes);
        let ends = if permitted.is_ok() { Ends::Allow } else { Ends::Deny };
        let resource = progress.basis.resource.take();
        progress.basis = Basis { read: Read::Arguments, ends, resource, attributes: attributes.clone() };
        permitted.map(|_| attributes)
    });
    let attributes = progress.step(Control::ValidateArguments, permitted)?;
    let claim = match authz::needs_approval(permit, &attributes) {
        Approval::NotNeeded => {
            progress
                .verdicts
                .push(ControlVerdict::new(Control::Approval, Verdict::Pass).because("not needed"));
            None
        }
        Approval::Needed => {
            progress.basis.ends = Ends::Pending;
            let binding = Binding {
                principal: permit.principal().clone(),
                tool: permit.manifest().name().clone(),
                definition: permit.manifest().definition_hash(),
                arguments: arguments.digest(),
                plan: plan.digest(),
                policy: permit.policy_hash(),
            };
            let claim = validator
                .approvals
                .require(&binding, who(permit.authenticated()), arguments.json(), call)
                .await;
            Some(progress.step(Control::Approval, claim)?)
        }
    };
    Ok((admission, view, plan, claim))
}

fn sizes_and_schema(permit: &Permit, tool: &Tool, arguments: &Arguments) -> Result<(), Refusal> {
    if arguments.bytes() > permit.manifest().limits().max_arguments_bytes {
        return Err(Refusal::new(RefusalCode::TooLarge, "the arguments are over the tool's limit")
            .with_limit("max_arguments_bytes"));
    }
    schema::check(&tool.schema, &arguments.json().to_value())
}

fn plan(
    permit: &Permit,
    tool: &Tool,
    arguments: &Arguments,
    target: Option<ResourceName>,
    basis: &mut Basis,
) -> Result<(Arc<DataView>, Plan), Refusal> {
    let view = match target {
        Some(resource) => {
            let view = authz::data_view(permit, &resource);
            basis.read = Read::Data;
            basis.resource = Some(resource);
            view.inspect_err(|_| basis.ends = Ends::Deny)?
        }
        None => Arc::new(DataView::none()),
    };
    let plan = tool.prepare.prepare(arguments, &view)?;
    Ok((view, plan))
}
