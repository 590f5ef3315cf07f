//! The policy in force, which can be exchanged while calls run, and a second one beside it.
//!
//! A call looks here once and keeps what it got: its permit carries the policy to every later question
//! and to the record, so no call sees half of one policy and half of another. Who may exchange it, and
//! what has to be on disk before, is not known here.

use crate::basis::Basis;
use crate::policy::Policy;
use crate::shadow::Shadow;
use authn::Authenticated;
use domain::ToolName;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// Where every part of the server finds the policy. A look is a lock held for one increment: tens of
/// nanoseconds, beside a decision's tens of microseconds.
pub struct PolicyInForce {
    policy: RwLock<Arc<Policy>>,
    shadow: RwLock<Option<Arc<Shadow>>>,
}

impl PolicyInForce {
    /// With the policy that the server starts with.
    pub const fn new(policy: Arc<Policy>) -> Self {
        Self { policy: RwLock::new(policy), shadow: RwLock::new(None) }
    }

    /// The policy in force at this moment. Ask once for each call.
    pub fn now(&self) -> Arc<Policy> {
        // A panic cannot leave half a pointer: the value is complete before it goes in.
        Arc::clone(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts `policy` in force for every look after this one, and gives back the one before.
    pub fn replace(&self, policy: Arc<Policy>) -> Arc<Policy> {
        std::mem::replace(&mut *self.policy.write().unwrap_or_else(PoisonError::into_inner), policy)
    }

    /// Puts a second policy beside the one in force, or none, and gives back the one before.
    pub fn cast_shadow(&self, shadow: Option<Arc<Shadow>>) -> Option<Arc<Shadow>> {
        std::mem::replace(&mut *self.shadow.write().unwrap_or_else(PoisonError::into_inner), shadow)
    }

    /// The second policy, if there is one.
    pub fn shadow(&self) -> Option<Arc<Shadow>> {
        self.shadow.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells the second policy of a decision, if there is one and it has room. Waits for nothing.
    pub fn tell(&self, caller: &Authenticated, tool: &ToolName, basis: &Basis) {
        if let Some(shadow) = self.shadow() {
            shadow.tell(caller, tool, basis);
        }
    }
}

impl fmt::Debug for PolicyInForce {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("PolicyInForce").field(&self.now()).finish()
    }
}
