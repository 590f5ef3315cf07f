//! One governed call, whole, on one screen.
//!
//! Each step takes the evidence of the step before and gives its own; there is no other way to get
//! any of them. A step that refuses ends the call in [`Ended`], which hands back what the record needs.

use crate::Pipeline;
use crate::ended::Ended;
use audit::OutcomeReceipt;
use authn::Authenticated;
use domain::{CallId, Json};
use execute::Begun;
use manifest::Arguments;
use protocol::{CallTool, ReplyTo};
use scan::{ScannedFrame, ScannedOutput};
use std::time::Instant;

impl Pipeline {
    /// `tools/call` for a client.
    pub(crate) async fn call_tool(
        &self,
        caller: Authenticated,
        request: CallTool,
        to: &ReplyTo,
    ) -> ScannedFrame {
        let started = Instant::now();
        let call = match self.mint_call() {
            Ok(call) => call,
            Err(refusal) => return self.unnamed(refusal, to),
        };
        match self.governed(caller, &request.name, request.arguments, call, None).await {
            Ok((output, receipt)) => scan::seal(output, &receipt, to, &self.parts.scanner),
            Err(ended) => self.refuse(*ended, call, started, to).await,
        }
    }

    /// The five layers and the log, in their order.
    pub(crate) async fn layers(
        &self,
        caller: Authenticated,
        tool: &str,
        arguments: Option<Json>,
        call: CallId,
        parent: Option<&Begun>,
    ) -> Result<(ScannedOutput, OutcomeReceipt), Box<Ended>> {
        let parts = &self.parts;
        let manifest = self.served(&caller, tool).cloned();
        // Taken once: the permit carries it through every later question of this call.
        let policy = parts.policy.now();
        let permit = authz::authorize(caller, manifest.as_ref(), &policy)
            .map_err(|denied| Ended::unseen(denied, tool))?;
        let arguments = match Arguments::new(arguments) {
            Ok(arguments) => arguments,
            Err(refusal) => return Err(Ended::unread(permit, refusal)),
        };
        let checked =
            validate::check(permit, arguments, call, &parts.validator).await.map_err(Ended::stopped)?;
        let begun = execute::begin(checked, parent, &parts.audit).await.map_err(Ended::not_begun)?;
        self.tell(&begun);
        let raw = execute::run(begun, &parts.connectors, self).await;
        let scanned = scan::scan(raw, &parts.scanner).await;
        scan::close(scanned, &parts.audit).await.map_err(Ended::not_closed)
    }
}
