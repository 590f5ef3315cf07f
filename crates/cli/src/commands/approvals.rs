//! `approvals`, `approve`, `deny`: through the admin plane alone.

use crate::arguments::{Approvals, ApprovalsWhat, Decide};
use crate::context::Context;
use crate::output::visible;
use crate::{Exit, Failure};
use serde_json::{Value, json};

pub(super) async fn read(asked: &Approvals, context: Context<'_>) -> Result<Exit, Failure> {
    match (asked.what, &asked.id) {
        (ApprovalsWhat::Show, Some(id)) => show(asked, id, context).await,
        (ApprovalsWhat::Ls, None) => list(asked, context).await,
        _ => Err(Failure::usage(
            "usage",
            "`ls` takes no id and `show` takes one",
            "write `secure-mcp approvals`, or `secure-mcp approvals show ID`",
        )),
    }
}

async fn list(asked: &Approvals, context: Context<'_>) -> Result<Exit, Failure> {
    let reply = asked.access.client().await?.get("/api/approvals").await?;
    let waiting = reply.get("approvals").and_then(Value::as_array).cloned().unwrap_or_default();
    context.output.json(&reply);
    if waiting.is_empty() {
        context.output.text("nothing waits for approval");
    }
    waiting.iter().for_each(|approval| context.output.text(lines(approval)));
    Ok(Exit::Ok)
}

async fn show(asked: &Approvals, id: &str, context: Context<'_>) -> Result<Exit, Failure> {
    let reply = asked.access.client().await?.get(&path(id)?).await?;
    context.output.json(&reply);
    context.output.text(lines(&reply));
    let names = |key: &str| -> Option<Vec<String>> {
        let names = reply.get(key)?.as_array()?.iter().filter_map(Value::as_str).map(visible);
        Some(names.collect())
    };
    let approvers = names("approvers").map_or("whoever policy lets approve".to_owned(), |all| all.join(", "));
    context.output.text(format!("  approvers  {approvers}"));
    if let Some(agreed) = names("agreed_by").filter(|agreed| !agreed.is_empty()) {
        context.output.text(format!("  agreed by  {}", agreed.join(", ")));
    }
    match reply.pointer("/difference/lines").and_then(Value::as_array) {
        None => context.output.text("  no earlier call of this kind is remembered"),
        Some(changed) => {
            let since = reply.pointer("/difference/since").and_then(Value::as_str).unwrap_or("?");
            context.output.text(format!("  different from {}, the last that was approved:", visible(since)));
            if changed.is_empty() {
                context.output.text("    nothing");
            }
            // The server wrote out what is hidden; a terminal still gets nothing else.
            let changed = changed.iter().filter_map(Value::as_str);
            changed.for_each(|line| context.output.text(format!("    {}", visible(line))));
        }
    }
    Ok(Exit::Ok)
}

fn lines(approval: &Value) -> String {
    let text = |pointer: &str| visible(approval.pointer(pointer).and_then(Value::as_str).unwrap_or("?"));
    let number = |key: &str| approval.get(key).and_then(Value::as_u64).unwrap_or(0);
    format!(
        "{}\n  tool       {}\n  definition {}\n  asked by   {} through {}\n  arguments  {}\n  digest     {}\n  \
         agreed     {} of {}",
        text("/id"),
        text("/tool"),
        text("/definition"),
        text("/requester/person"),
        text("/requester/client"),
        text("/arguments"),
        text("/arguments_digest"),
        number("agreed"),
        number("needed"),
    )
}

pub(super) async fn decide(asked: &Decide, decision: &str, context: Context<'_>) -> Result<Exit, Failure> {
    let path = path(&asked.id)?;
    let body = match &asked.reason {
        Some(reason) => json!({ "decision": decision, "reason": reason }),
        None => json!({ "decision": decision }),
    };
    let reply = asked.access.client().await?.post(&path, &body).await?;
    let state = reply.get("state").and_then(Value::as_str).unwrap_or(decision).to_owned();
    let more =
        match (reply.get("agreed").and_then(Value::as_u64), reply.get("needed").and_then(Value::as_u64)) {
            (Some(agreed), Some(needed)) => format!(": {agreed} of {needed} have agreed"),
            _ => String::new(),
        };
    context.output.say(format!("{} {state}{more}", asked.id), &reply);
    Ok(Exit::Ok)
}

/// The approval's route; what cannot be an id never becomes part of a path.
fn path(id: &str) -> Result<String, Failure> {
    let is_plain = id.bytes().all(|sign| sign.is_ascii_alphanumeric() || sign == b'_');
    if id.is_empty() || !is_plain {
        return Err(Failure::usage(
            "approval_id",
            "this is no approval's id",
            "list what waits with `secure-mcp approvals`",
        ));
    }
    Ok(format!("/api/approvals/{id}"))
}
