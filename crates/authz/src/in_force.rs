//! The policy in force, which can be exchanged while calls run.
//!
//! A call looks here once and keeps what it got: its permit carries the policy to every later question
//! and to the record, so no call sees half of one policy and half of another. Who may exchange it, and
//! what has to be on disk before, is not known here.

use crate::policy::Policy;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// Where every part of the server finds the policy. A look is a lock held for one increment: tens of
/// nanoseconds, beside a decision's tens of microseconds.
pub struct PolicyInForce(RwLock<Arc<Policy>>);

impl PolicyInForce {
    /// With the policy that the server starts with.
    pub const fn new(policy: Arc<Policy>) -> Self {
        Self(RwLock::new(policy))
    }

    /// The policy in force at this moment. Ask once for each call.
    pub fn now(&self) -> Arc<Policy> {
        // A panic cannot leave half a pointer: the value is complete before it goes in.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts `policy` in force for every look after this one, and gives back the one before.
    pub fn replace(&self, policy: Arc<Policy>) -> Arc<Policy> {
        std::mem::replace(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner), policy)
    }
}

impl fmt::Debug for PolicyInForce {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("PolicyInForce").field(&self.now()).finish()
    }
}
