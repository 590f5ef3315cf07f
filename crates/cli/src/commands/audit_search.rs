//! `audit search`: through the admin plane of a running server; without one, its owner searches with the
//! log's lock. Either way the search is recorded.

use super::audit_read::{client_of, open, records_of, say};
use crate::arguments::{AdminAccess, Search};
use crate::context::Context;
use crate::{Exit, Failure};
use admin::{WrittenSearch, search_log};
use serde_json::{Value, json};

pub(super) async fn run(asked: Search, context: Context<'_>) -> Result<Exit, Failure> {
    let parameters = parameters(&asked);
    let written = written(&asked)?;
    let access = AdminAccess::from(asked.access);
    let settings = access.home.settings()?;
    let (records, next) = match client_of(&access, &settings).await? {
        Some(client) => {
            let reply = client.get(&format!("/api/audit/search?{parameters}")).await?;
            (records_of(&reply), reply.get("next").and_then(Value::as_u64))
        }
        None => {
            let query = written.read().map_err(|error| {
                Failure::usage("usage", error.to_string(), "see `secure-mcp audit search --help`")
            })?;
            let offline = open(&settings, context).await?;
            let found = search_log(&offline.audit, query, None).await;
            offline.close().await;
            found.map_err(|error| Failure::from(anyhow::Error::from(error)))?
        }
    };
    say(&records, context);
    if records.is_empty() {
        context.output.text("no record is so");
    }
    if let Some(next) = next {
        context.output.say(format!("more: --before {next}"), &json!({ "next": next }));
    }
    Ok(Exit::Ok)
}

fn written(asked: &Search) -> Result<WrittenSearch, Failure> {
    let person = asked.person.as_deref().map(str::parse).transpose();
    let person = person.map_err(|_| {
        Failure::usage(
            "person",
            "this is no person's name",
            "write it as it stands in the policy or the token",
        )
    })?;
    Ok(WrittenSearch {
        person,
        tool: asked.tool.clone(),
        decision: asked.decision.clone(),
        control: asked.control.clone(),
        event: asked.event.clone(),
        since_ms: asked.since.map(|moment| moment.0),
        until_ms: asked.until.map(|moment| moment.0),
        before: asked.before,
        limit: Some(asked.limit),
    })
}

/// The query of the route.
fn parameters(asked: &Search) -> String {
    let texts = [
        ("person", asked.person.clone()),
        ("tool", asked.tool.clone()),
        ("decision", asked.decision.clone()),
        ("control", asked.control.clone()),
        ("event", asked.event.clone()),
        ("since_ms", asked.since.map(|moment| moment.0.to_string())),
        ("until_ms", asked.until.map(|moment| moment.0.to_string())),
        ("before", asked.before.map(|index| index.to_string())),
        ("limit", Some(asked.limit.to_string())),
    ];
    let said = texts.into_iter().filter_map(|(name, text)| Some(format!("{name}={}", escaped(&text?))));
    said.collect::<Vec<_>>().join("&")
}

/// RFC 3986 §2.1: what is not unreserved, as `%` and two digits.
fn escaped(text: &str) -> String {
    let sign = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(sign).collect()
}
