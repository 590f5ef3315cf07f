//! `audit shred`: through the admin plane alone; it wants the right to administer.

use super::audit_read::client_of;
use crate::arguments::{AdminAccess, Shred};
use crate::context::Context;
use crate::output::visible;
use crate::{Exit, Failure};
use serde_json::json;

pub(super) async fn run(asked: Shred, context: Context<'_>) -> Result<Exit, Failure> {
    let access = AdminAccess::from(asked.access);
    let settings = access.home.settings()?;
    let Some(client) = client_of(&access, &settings).await? else {
        let address = format!("the server of `{}`", settings.server.data_dir.display());
        return Err(Failure::unreachable(&address, "a person is erased while it runs"));
    };
    let body = match &asked.reason {
        Some(reason) => json!({ "person": asked.person, "reason": reason }),
        None => json!({ "person": asked.person }),
    };
    let reply = client.post("/api/audit/shred", &body).await?;
    let line = format!("{} is erased: nothing opens their fields any more", visible(&asked.person));
    context.output.say(line, &reply);
    Ok(Exit::Ok)
}
