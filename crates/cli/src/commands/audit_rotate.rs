//! `audit rotate-key`: through the admin plane alone; it wants the right to administer.

use super::audit_read::client_of;
use crate::arguments::RotateKey;
use crate::context::Context;
use crate::output::visible;
use crate::{Exit, Failure};
use serde_json::{Value, json};

pub(super) async fn run(asked: &RotateKey, context: Context<'_>) -> Result<Exit, Failure> {
    let settings = asked.access.home.settings()?;
    let Some(client) = client_of(&asked.access, &settings).await? else {
        let address = format!("the server of `{}`", settings.server.data_dir.display());
        return Err(Failure::unreachable(&address, "the key is changed while it runs"));
    };
    let body = asked.reason.as_ref().map_or_else(|| json!({}), |reason| json!({ "reason": reason }));
    let reply = client.post("/api/audit/rotate-key", &body).await?;
    let key = visible(reply.get("key").and_then(Value::as_str).unwrap_or("?"));
    context.output.say(format!("the log is signed with this key from now on: {key}"), &reply);
    Ok(Exit::Ok)
}
