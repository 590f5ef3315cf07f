//! `tools/list`: exactly what a call would find. Both ask `authz::visible`.

use crate::Pipeline;
use audit::Listed;
use authn::Authenticated;
use domain::Refusal;
use serde_json::Value;
use validate::who;

impl Pipeline {
    /// The definitions that the caller may see, by name. One record; nobody waits for it.
    pub(crate) fn list_tools(&self, caller: &Authenticated) -> Result<Vec<Value>, Refusal> {
        let policy = self.parts.policy.now();
        let visible: Vec<Value> = self
            .tools
            .values()
            .filter(|manifest| !self.is_revoked(caller, manifest))
            .filter(|manifest| authz::visible(caller, manifest, &policy))
            .filter_map(|manifest| serde_json::to_value(manifest.definition()).ok())
            .collect();
        self.parts.audit.listed(Listed {
            call: self.mint_call()?,
            who: who(caller),
            method: "tools/list",
            entries: visible.len() as u64,
            policy: Some(policy.policy_hash()),
        })?;
        Ok(visible)
    }
}
