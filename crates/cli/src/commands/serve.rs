//! `serve`: a server with a configuration, until it is told to end.

use crate::arguments::Serve;
use crate::context::Context;
use crate::serving::Up;
use crate::{ChangedPolicy, Exit, Failure};
use domain::{Clock as _, SystemClock};
use serde_json::json;
use settings::Settings;
use settings::observe::LogFormat;

pub(super) async fn run(asked: Serve, context: Context<'_>) -> Result<Exit, Failure> {
    let format = if asked.json { LogFormat::Json } else { LogFormat::Text };
    context.start_log(format, "info")?;
    let settings = Settings::load(&asked.config, SystemClock.now())?;
    let up = Up::start(context.server, settings, ChangedPolicy::Record).await?;
    let (file, facts) = (&up.file, &up.running.facts);
    context.output.json(&json!({
        "mcp_url": file.mcp_url, "wss_url": file.wss_url, "admin": file.admin, "ca_file": file.ca_file, "facts": facts,
    }));
    context.output.text(format!("MCP    {}", file.mcp_url));
    context.output.text(format!("MCP    {}", file.wss_url));
    context.output.text(format!("admin  {}", file.admin));
    facts.iter().for_each(|fact| context.output.text(format!("       {fact}")));
    up.until_told().await?;
    Ok(Exit::Ok)
}
