//! The one set that is in force, shared by everybody who asks.

use crate::revoked_set::RevokedSet;
use crate::{Revoked, Standing};
use domain::{Principal, TenantId, TokenId, ToolName, UnixMillis};
use tokio::sync::watch;

/// What is revoked now. A change is seen by the next question, and wakes everything that waits.
#[derive(Debug, Default)]
pub struct Revocations(watch::Sender<RevokedSet>);

impl Revocations {
    /// Adds what was revoked before this start.
    pub fn restore(&self, rows: impl IntoIterator<Item = (Revoked, UnixMillis)>) {
        self.0.send_modify(|set| rows.into_iter().for_each(|(revoked, since)| set.insert(revoked, since)));
    }

    /// From now on `revoked` is good for nothing. Calling it twice is the same as once.
    pub fn revoke(&self, revoked: Revoked, now: UnixMillis) {
        self.0.send_modify(|set| set.insert(revoked, now));
    }

    /// From now on `revoked` is good again.
    pub fn lift(&self, revoked: &Revoked) {
        self.0.send_modify(|set| set.remove(revoked));
    }

    /// What of a caller is revoked, as the end of an internal message.
    pub fn of_caller(&self, principal: &Principal, token: &TokenId) -> Option<&'static str> {
        self.0.borrow().of_caller(principal, token)
    }

    /// True if a tool is revoked for a tenant.
    pub fn has_tool(&self, tenant: &TenantId, tool: &ToolName) -> bool {
        self.0.borrow().has_tool(tenant, tool)
    }

    /// What something that a caller has begun waits on.
    pub fn standing(&self, principal: Principal, token: TokenId) -> Standing {
        Standing::new(self.0.subscribe(), principal, token)
    }
}
