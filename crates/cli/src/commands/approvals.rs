//! `approvals`, `approve`, `deny`: through the admin plane alone.

use crate::arguments::{Approvals, Decide};
use crate::context::Context;
use crate::output::visible;
use crate::{Exit, Failure};
use serde_json::{Value, json};

pub(super) async fn list(asked: &Approvals, context: Context<'_>) -> Result<Exit, Failure> {
    let reply = asked.access.client().await?.get("/api/approvals").await?;
    let waiting = reply.get("approvals").and_then(Value::as_array).cloned().unwrap_or_default();
    context.output.json(&reply);
    if waiting.is_empty() {
        context.output.text("nothing waits for approval");
    }
    waiting.iter().for_each(|approval| context.output.text(lines(approval)));
    Ok(Exit::Ok)
}

fn lines(approval: &Value) -> String {
    let text = |pointer: &str| visible(approval.pointer(pointer).and_then(Value::as_str).unwrap_or("?"));
    format!(
        "{}\n  tool       {}\n  definition {}\n  asked by   {} through {}\n  arguments  {}\n  digest     {}",
        text("/id"),
        text("/tool"),
        text("/definition"),
        text("/requester/person"),
        text("/requester/client"),
        text("/arguments"),
        text("/arguments_digest"),
    )
}

pub(super) async fn decide(asked: &Decide, decision: &str, context: Context<'_>) -> Result<Exit, Failure> {
    let is_plain = asked.id.bytes().all(|sign| sign.is_ascii_alphanumeric() || sign == b'_');
    if asked.id.is_empty() || !is_plain {
        return Err(Failure::usage(
            "approval_id",
            "this is no approval's id",
            "list what waits with `secure-mcp approvals`",
        ));
    }
    let path = format!("/api/approvals/{}", asked.id);
    let body = match &asked.reason {
        Some(reason) => json!({ "decision": decision, "reason": reason }),
        None => json!({ "decision": decision }),
    };
    let reply = asked.access.client().await?.post(&path, &body).await?;
    let state = reply.get("state").and_then(Value::as_str).unwrap_or(decision).to_owned();
    context.output.say(format!("{} {state}", asked.id), &reply);
    Ok(Exit::Ok)
}
