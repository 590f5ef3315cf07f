//! Layer 2 for the admin plane: may this principal approve, administer, read the log?

use crate::permit::{Denied, verdict};
use crate::policy::Policy;
use crate::ruling::Ruling;
use authn::{Audience, Authenticated};
use domain::{ControlVerdict, Digest, Principal, Refusal, RefusalCode, Verdict};
use manifest::Attributes;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is done on the admin plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminAction {
    /// Grant or deny a pending approval.
    Approve,
    /// Change the server: tokens, policy, connectors.
    Administer,
    /// Read and export the audit log.
    Audit,
}

/// Evidence that policy lets this principal do one thing on the admin plane.
///
/// Not `Clone`, not `Default`, not `Deserialize`; only [`authorize_admin`] makes one.
#[derive(Debug)]
pub struct AdminPermit {
    authenticated: Authenticated,
    action: AdminAction,
    policy: Arc<Policy>,
    reasons: Vec<Arc<str>>,
    verdict: ControlVerdict,
}

impl AdminPermit {
    /// Who acts.
    pub fn principal(&self) -> &Principal {
        self.authenticated.principal()
    }

    /// The evidence of layer 1.
    pub const fn authenticated(&self) -> &Authenticated {
        &self.authenticated
    }

    /// What may be done.
    pub const fn action(&self) -> AdminAction {
        self.action
    }

    /// The hash of the policy that decided.
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
}

/// Layer 2 of the admin plane.
///
/// Refuses with `unauthenticated` if the token is for the other plane, with `denied` if policy does
/// not let both the person and the client do this in their tenant.
pub fn authorize_admin(
    authenticated: Authenticated,
    action: AdminAction,
    policy: &Arc<Policy>,
) -> Result<AdminPermit, Box<Denied>> {
    let (refusal, reasons) = match may(&authenticated, action, policy) {
        Ok(ruling) if ruling.allowed() => {
            let reasons = ruling.reasons();
            let verdict = verdict(policy, Verdict::Pass);
            return Ok(AdminPermit { authenticated, action, policy: Arc::clone(policy), reasons, verdict });
        }
        Ok(ruling) => {
            let why = ruling.why_denied(action.action(), policy.tenant_target());
            (Refusal::new(RefusalCode::Denied, why), ruling.reasons())
        }
        Err(refusal) => (refusal, Vec::new()),
    };
    let verdict = verdict(policy, Verdict::Refused);
    Err(Box::new(Denied { refusal, authenticated, reasons, verdict, policy: policy.policy_hash() }))
}

fn may(authenticated: &Authenticated, action: AdminAction, policy: &Policy) -> Result<Ruling, Refusal> {
    if authenticated.audience() != Audience::Admin {
        return Err(Refusal::new(RefusalCode::Unauthenticated, "the token is not for the admin plane"));
    }
    let caller = policy.caller(authenticated.principal(), authenticated.token_roles()).ok_or_else(|| {
        Refusal::new(RefusalCode::Denied, "the principal is of a tenant that the policy does not speak of")
    })?;
    Ok(Ruling::ask(policy, &caller, action.action(), policy.tenant_target(), &Attributes::new()))
}
