//! What the path works with. Made once at start, never changed.

use audit::Audit;
use authn::{Authenticated, Authenticator};
use authz::PolicyInForce;
use domain::{CallId, Clock, Refusal, RefusalCode, ToolName};
use execute::{Begun, Connectors};
use manifest::ToolManifest;
use scan::OutputScanner;
use std::collections::BTreeMap;
use std::sync::Arc;
use validate::Validator;

/// The layers, each with its state.
pub struct Parts {
    /// Layer 1.
    pub authenticator: Arc<Authenticator>,
    /// Layer 2.
    pub policy: Arc<PolicyInForce>,
    /// Layer 3.
    pub validator: Validator,
    /// Layer 4.
    pub connectors: Connectors,
    /// Layer 5.
    pub scanner: OutputScanner,
    /// The log.
    pub audit: Audit,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
}

/// The governed path. Share it behind an `Arc`.
pub struct Pipeline {
    pub(crate) parts: Parts,
    pub(crate) tools: BTreeMap<ToolName, Arc<ToolManifest>>,
}

impl Pipeline {
    /// A path over `parts`; the tools that can be called are those of the connectors.
    pub fn new(parts: Parts) -> Self {
        let tools = parts
            .connectors
            .iter()
            .map(|connector| (connector.manifest().name().clone(), Arc::clone(connector.manifest())))
            .collect();
        Self { parts, tools }
    }

    /// Whether calls can be taken: the log takes records.
    pub fn is_ready(&self) -> bool {
        self.parts.audit.is_ready()
    }

    /// The tool of this name, unless it is revoked. Listing asks the same.
    pub(crate) fn served(&self, caller: &Authenticated, name: &str) -> Option<&Arc<ToolManifest>> {
        let name: ToolName = name.parse().ok()?;
        self.tools.get(&name).filter(|manifest| !self.is_revoked(caller, manifest))
    }

    pub(crate) fn is_revoked(&self, caller: &Authenticated, tool: &ToolManifest) -> bool {
        self.parts.authenticator.revocations().has_tool(&caller.principal().tenant, tool.name())
    }

    /// Tells a second policy, if there is one, of a call that policy let run.
    pub(crate) fn tell(&self, begun: &Begun) {
        let (permit, basis) = (begun.checked().permit(), begun.checked().basis());
        self.parts.policy.tell(permit.authenticated(), permit.manifest().name(), basis);
    }

    pub(crate) fn mint_call(&self) -> Result<CallId, Refusal> {
        let chance = secrets::random()
            .map_err(|error| Refusal::new(RefusalCode::Internal, format!("no name for the call: {error}")))?;
        Ok(CallId::mint(self.parts.clock.now(), chance))
    }
}
