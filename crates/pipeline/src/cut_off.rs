//! A call whose caller or tool is revoked while it runs.
//!
//! What is cut off is dropped where it stands: its sandbox or query ends with it, and its intent is
//! closed as abandoned. The refusal is a record of its own.

use crate::Pipeline;
use crate::ended::Ended;
use audit::OutcomeReceipt;
use authn::Authenticated;
use domain::{CallId, Json, ToolName};
use execute::Begun;
use scan::ScannedOutput;
use validate::who;

impl Pipeline {
    /// [`Pipeline::layers`], until the caller or the tool is revoked.
    pub(crate) async fn governed(
        &self,
        caller: Authenticated,
        tool: &str,
        arguments: Option<Json>,
        call: CallId,
        parent: Option<&Begun>,
    ) -> Result<(ScannedOutput, OutcomeReceipt), Box<Ended>> {
        let mut standing = self.parts.authenticator.standing(&caller);
        let (name, by): (Option<ToolName>, _) = (tool.parse().ok(), who(&caller));
        tokio::select! {
            biased;
            ended = self.layers(caller, tool, arguments, call, parent) => ended,
            lost = standing.lost(name.as_ref()) => Err(Ended::cut_off(by, tool, lost)),
        }
    }
}
