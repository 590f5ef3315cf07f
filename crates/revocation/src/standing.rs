//! Waiting for the moment in which a caller, or the tool that they use, is revoked.

use crate::revoked_set::RevokedSet;
use domain::{Principal, TokenId, ToolName};
use tokio::sync::watch;

/// One caller's standing. It may outlive the request that it was asked for.
#[derive(Clone, Debug)]
pub struct Standing {
    revoked: watch::Receiver<RevokedSet>,
    principal: Principal,
    token: TokenId,
}

/// What ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The caller: person, client or token.
    Caller(&'static str),
    /// The tool.
    Tool,
}

impl Standing {
    pub(crate) const fn new(
        revoked: watch::Receiver<RevokedSet>,
        principal: Principal,
        token: TokenId,
    ) -> Self {
        Self { revoked, principal, token }
    }

    /// Returns when the caller is revoked, or `tool` if one is given; at once if that is so already. A
    /// server that is gone counts as that.
    pub async fn lost(&mut self, tool: Option<&ToolName>) -> Ended {
        let (principal, token) = (&self.principal, &self.token);
        let mut ended = None;
        // Only what ended is kept: the value that is waited for holds a lock.
        let _server_is_gone = self
            .revoked
            .wait_for(|set| {
                let of_tool = tool.filter(|tool| set.has_tool(&principal.tenant, tool));
                ended = set.of_caller(principal, token).map(Ended::Caller).or(of_tool.map(|_| Ended::Tool));
                ended.is_some()
            })
            .await
            .is_err();
        ended.unwrap_or(Ended::Caller("the server goes down"))
    }
}
