//! `audit accept-restore`: the operator's word that a log differs from what its witnesses saw, and why.

use crate::arguments::AcceptRestore;
use crate::context::Context;
use crate::home::{is_running, operator_socket};
use crate::{Exit, Failure};
use serde_json::json;

pub(super) async fn run(asked: &AcceptRestore, context: Context<'_>) -> Result<Exit, Failure> {
    let settings = asked.home.used_settings()?;
    if asked.reason.trim().is_empty() {
        return Err(Failure::usage("reason", "the reason is empty", "say why the log was restored"));
    }
    if is_running(&operator_socket(&settings.server.data_dir)).await {
        return Err(Failure::usage(
            "server_runs",
            "a server runs on this log",
            "stop it; a restored log is accepted before a start",
        ));
    }
    let accepted = context.server.accept_restore(&settings, &asked.reason).await?;
    let line = if accepted.is_empty() {
        "nothing to accept: every witness that answers saw this log".to_owned()
    } else {
        format!("accepted and recorded, against what was seen by: {}", accepted.join(", "))
    };
    context.output.say(line, &json!({ "accepted": accepted }));
    Ok(Exit::Ok)
}
