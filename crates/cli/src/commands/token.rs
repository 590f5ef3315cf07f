//! `token create`: through the running server's socket, or with the data directory's lock.

use crate::arguments::CreateToken;
use crate::client::AdminClient;
use crate::context::Context;
use crate::home::{is_running, operator_socket};
use crate::{Exit, Failure, files};
use admin::{MadeToken, TokenError, create_token};
use authn::TokenRequest;
use serde_json::json;
use settings::Settings;

pub(super) async fn create(asked: CreateToken, context: Context<'_>) -> Result<Exit, Failure> {
    let settings = asked.home.used_settings()?;
    if let Some(file) = asked.out.as_ref().filter(|file| file.exists()) {
        let cause = format!("`{}` exists already", file.display());
        return Err(Failure::usage("file_exists", cause, "name another file; nothing is overwritten"));
    }
    let socket = operator_socket(&settings.server.data_dir);
    let made = if is_running(&socket).await {
        let request = json!({
            "person": asked.person,
            "client": asked.client,
            "tenant": asked.tenant,
            "audience": asked.audience.word(),
            "ttl_seconds": asked.ttl.as_secs(),
        });
        AdminClient::new(socket, None).create_token(&request).await?
    } else {
        offline(&settings, &asked, context).await?
    };
    let MadeToken { token, id } = made;
    let lifetime = asked.ttl.as_secs();
    match &asked.out {
        Some(file) => {
            files::write_private(file, &format!("{}\n", token.expose()))?;
            let written = json!({ "token_file": file, "token_id": id, "expires_in_seconds": lifetime });
            context.output.say(format!("token written to {}", file.display()), &written);
        }
        None => context.output.say(
            token.expose(),
            &json!({ "token": token.expose(), "token_id": id, "expires_in_seconds": lifetime }),
        ),
    }
    Ok(Exit::Ok)
}

/// No server runs: the log is opened, the token recorded in it, and the log closed.
async fn offline(
    settings: &Settings,
    asked: &CreateToken,
    context: Context<'_>,
) -> Result<MadeToken, Failure> {
    let tenant = match &asked.tenant {
        Some(tenant) => tenant.clone(),
        None => context.server.load_policy(&settings.policy.dir)?.tenant().clone(),
    };
    let request = TokenRequest {
        tenant,
        person: asked.person.clone(),
        client: asked.client.clone(),
        audience: asked.audience.into(),
        lifetime: asked.ttl,
    };
    let offline = context.server.open_offline(settings).await?;
    let made = create_token(&offline.issuer, &offline.audit, &*offline.clock, &request, None).await;
    offline.close().await;
    made.map_err(|error| match error {
        TokenError::Unrecorded(refusal) => Failure::usage(
            "audit_unavailable",
            format!("the token could not be recorded, so it is not given out: {}", refusal.internal()),
            "free space or repair the disk, then retry",
        ),
        error => anyhow::Error::from(error).into(),
    })
}
