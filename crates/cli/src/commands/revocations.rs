//! `revoke`, `unrevoke`, `revocations`: through the admin plane alone.

use crate::arguments::{Revocations, Revoke};
use crate::context::Context;
use crate::output::visible;
use crate::{Exit, Failure};
use serde_json::{Value, json};

pub(super) async fn list(asked: &Revocations, context: Context<'_>) -> Result<Exit, Failure> {
    let reply = asked.access.client().await?.get("/api/revocations").await?;
    let revoked = reply.get("revocations").and_then(Value::as_array).cloned().unwrap_or_default();
    context.output.json(&reply);
    if revoked.is_empty() {
        context.output.text("nothing is revoked");
    }
    revoked.iter().for_each(|row| context.output.text(line(row)));
    Ok(Exit::Ok)
}

fn line(row: &Value) -> String {
    let text = |name: &str| visible(row.get(name).and_then(Value::as_str).unwrap_or("?"));
    let since = row.get("since_ms").and_then(Value::as_i64).unwrap_or_default();
    let since = jiff::Timestamp::from_millisecond(since).unwrap_or_default();
    format!("{since:.3}  {}  {}", text("kind"), text("name"))
}

/// `path` is the route that does it.
pub(super) async fn change(asked: &Revoke, path: &str, context: Context<'_>) -> Result<Exit, Failure> {
    let mut body = json!({ "kind": asked.kind.word(), "name": asked.name });
    if let (Some(reason), Some(members)) = (&asked.reason, body.as_object_mut()) {
        members.insert("reason".to_owned(), Value::from(reason.as_str()));
    }
    let reply = asked.access.client().await?.post(path, &body).await?;
    let state = match reply.get("state").and_then(Value::as_str) {
        Some("lifted") => "good again",
        _ => "revoked",
    };
    context.output.say(format!("{} {} is {state}", asked.kind.word(), visible(&asked.name)), &reply);
    Ok(Exit::Ok)
}
