//! What the admin plane works with. Made once at start, never changed.

use crate::metrics::RequestCounts;
use crate::policy_desk::PolicyDesk;
use approvals::Approvals;
use audit::Audit;
use authn::{Authenticator, LocalIssuer};
use authz::PolicyInForce;
use break_glass::BreakGlass;
use domain::{CallId, Clock, Refusal, RefusalCode};
use relay::Numbers;
use std::sync::Arc;
use store::Store;

/// The layers that the plane asks and the state that it acts on.
pub struct AdminParts {
    /// Layer 1: the same as the MCP endpoint's.
    pub authenticator: Arc<Authenticator>,
    /// Layer 2: the same as the MCP endpoint's.
    pub policy: Arc<PolicyInForce>,
    /// Where another one becomes current.
    pub desk: PolicyDesk,
    /// What waits for another principal.
    pub approvals: Arc<Approvals>,
    /// Emergency roles.
    pub break_glass: Arc<BreakGlass>,
    /// What has to be there after a restart.
    pub store: Store,
    /// The log.
    pub audit: Audit,
    /// Mints tokens.
    pub issuer: LocalIssuer,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// How the log's followers stand.
    pub followers: Arc<Numbers>,
    /// What is known about the server at its start.
    pub status: ServerStatus,
}

/// What the operator can be told about the server; nothing secret.
#[derive(Clone, Debug)]
pub struct ServerStatus {
    /// Version of the product.
    pub version: String,
    /// The canonical MCP URL.
    pub mcp_url: String,
    /// The same endpoint over WebSocket.
    pub wss_url: String,
    /// Isolation, limits, overrides: lines for people.
    pub facts: Vec<String>,
}

/// The parts and what is counted about requests.
pub(crate) struct Shared {
    pub(crate) parts: Arc<AdminParts>,
    pub(crate) counts: RequestCounts,
}

impl Shared {
    pub(crate) fn mint_call(&self) -> Result<CallId, Refusal> {
        let chance = secrets::random().map_err(|error| {
            Refusal::new(RefusalCode::Internal, format!("no name for the request: {error}"))
        })?;
        Ok(CallId::mint(self.parts.clock.now(), chance))
    }
}
