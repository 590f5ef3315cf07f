//! `break-glass`: through the admin plane alone.

use crate::arguments::{BreakGlassCommand, OneBreakGlass};
use crate::context::Context;
use crate::output::visible;
use crate::{Exit, Failure};
use serde_json::{Value, json};

pub(super) async fn run(asked: BreakGlassCommand, context: Context<'_>) -> Result<Exit, Failure> {
    match asked {
        BreakGlassCommand::Request { roles, minutes, reason, access, .. } => {
            let body = json!({ "roles": roles, "minutes": minutes, "reason": reason });
            let reply = access.client().await?.post("/api/break-glass", &body).await?;
            let id = reply.get("id").and_then(Value::as_str).unwrap_or("?");
            context.output.say(visible(id), &reply);
            context.output.remark("another person has to grant it within an hour");
        }
        BreakGlassCommand::Grant(one) => {
            let reply = one.access.client().await?.post(&path(&one, "grant")?, &json!({})).await?;
            context.output.say(format!("{} granted: the roles are in force", one.id), &reply);
        }
        BreakGlassCommand::Review { finding, one } => {
            let body = json!({ "finding": finding });
            let reply = one.access.client().await?.post(&path(&one, "review")?, &body).await?;
            context.output.say(format!("{} reviewed", one.id), &reply);
        }
        BreakGlassCommand::Ls { access, .. } => {
            let reply = access.client().await?.get("/api/break-glass").await?;
            let all = reply.get("break_glass").and_then(Value::as_array).cloned().unwrap_or_default();
            context.output.json(&reply);
            if all.is_empty() {
                context.output.text("no glass was broken");
            }
            all.iter().for_each(|one| context.output.text(lines(one)));
        }
    }
    Ok(Exit::Ok)
}

fn lines(one: &Value) -> String {
    let text = |pointer: &str| visible(one.pointer(pointer).and_then(Value::as_str).unwrap_or("nobody"));
    let is = |key: &str| one.get(key).and_then(Value::as_bool) == Some(true);
    let state = match text("/state").as_str() {
        "granted" if is("active") => "IN FORCE".to_owned(),
        "granted" if is("overdue") => "REVIEW OVERDUE".to_owned(),
        "granted" => "to be reviewed".to_owned(),
        "requested" if is("open") => "waits for a second person".to_owned(),
        "requested" => "was never granted".to_owned(),
        other => other.to_owned(),
    };
    let roles = one.get("roles").and_then(Value::as_array).cloned().unwrap_or_default();
    let roles: Vec<String> = roles.iter().filter_map(Value::as_str).map(visible).collect();
    format!(
        "{}\n  state      {state}\n  asked by   {} through {}\n  roles      {} for {} minutes\n  \
         reason     {}\n  granted by {}\n  reviewed   {}",
        text("/id"),
        text("/requester/person"),
        text("/requester/client"),
        roles.join(", "),
        one.get("minutes").and_then(Value::as_u64).unwrap_or(0),
        text("/reason"),
        text("/granted_by"),
        text("/reviewed_by"),
    )
}

/// What cannot be an id never becomes part of a path.
fn path(one: &OneBreakGlass, step: &str) -> Result<String, Failure> {
    let is_plain = one.id.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"_-".contains(&sign));
    if one.id.is_empty() || !is_plain {
        return Err(Failure::usage(
            "break_glass_id",
            "this is no break-glass's id",
            "list them with `secure-mcp break-glass ls`",
        ));
    }
    Ok(format!("/api/break-glass/{}/{step}", one.id))
}
