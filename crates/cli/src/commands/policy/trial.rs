//! `policy shadow` and `policy diff --since`: what another policy decides otherwise, of the calls that come
//! and of those that the log holds.

use super::current::{Desk, failure};
use super::faults;
use crate::arguments::{AdminAccess, PolicyDiff, PolicyShadow};
use crate::context::Context;
use crate::output::visible;
use crate::{Exit, Failure};
use admin::{ReplayError, Trial, replay, shown};
use authz::PolicyFiles;
use domain::UnixMillis;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

pub(super) async fn shadow(asked: &PolicyShadow, context: Context<'_>) -> Result<Exit, Failure> {
    let Desk::Running(client) = Desk::open(&asked.access, context).await? else {
        return Err(Failure::unreachable("the server", "there are no calls without one"));
    };
    if let Some(policy) = &asked.policy {
        let started = client.post("/api/policy/shadow", &another(policy, context)?).await?;
        let hash = started.get("policy").and_then(Value::as_str).unwrap_or_default();
        context.output.say(format!("policy {hash} is asked beside the one in force"), &started);
        return Ok(Exit::Ok);
    }
    let report = match asked.off {
        true => client.post("/api/policy/shadow/off", &json!({})).await?,
        false => client.get("/api/policy/shadow").await?,
    };
    say(&report, context);
    Ok(Exit::Ok)
}

/// A folder's texts, or the start of a kept version's hash.
fn another(policy: &Path, context: Context<'_>) -> Result<Value, Failure> {
    if !policy.is_dir() {
        return Ok(json!({ "policy": policy.display().to_string() }));
    }
    let files = PolicyFiles::read(policy).map_err(|error| faults(error.into(), context))?;
    let files: BTreeMap<&str, &str> = files.that_decide().collect();
    Ok(json!({ "files": files }))
}

pub(super) async fn diff_since(
    since: UnixMillis,
    asked: &PolicyDiff,
    context: Context<'_>,
) -> Result<Exit, Failure> {
    let access: &AdminAccess = &asked.access;
    let report = match Desk::open(access, context).await? {
        Desk::Running(client) => {
            let mut body = another(&asked.old, context)?;
            if let Some(members) = body.as_object_mut() {
                members.insert("since_ms".to_owned(), json!(since.0));
            }
            client.post_slowly("/api/policy/replay", &body).await?
        }
        Desk::Alone(desk, offline) => {
            let trial = match asked.old.is_dir() {
                true => Ok(Trial::Folder(asked.old.clone())),
                false => desk.named(&asked.old.display().to_string()).map(Trial::Kept),
            };
            let policy = match trial {
                Ok(trial) => desk.load(trial).await,
                Err(error) => Err(error.into()),
            };
            let report = match policy {
                Ok(policy) => {
                    let hash = policy.policy_hash();
                    let found = replay(&offline.audit, since, policy.into(), None).await;
                    found.map_err(unread).map(|found| {
                        let mut body = shown(&found);
                        if let Some(members) = body.as_object_mut() {
                            members.insert("policy".to_owned(), json!(hash));
                        }
                        body
                    })
                }
                Err(error) => Err(failure(error, context)),
            };
            offline.close().await;
            report?
        }
    };
    say(&report, context);
    Ok(Exit::Ok)
}

fn unread(error: ReplayError) -> Failure {
    match error {
        ReplayError::Log(error) => error.into(),
        other => anyhow::Error::from(other).into(),
    }
}

fn say(report: &Value, context: Context<'_>) {
    context.output.json(report);
    let number = |name: &str| report.get(name).and_then(Value::as_u64).unwrap_or_default();
    for (sign, name) in [("-", "losses"), ("+", "gains")] {
        for change in report.get(name).and_then(Value::as_array).into_iter().flatten() {
            context.output.text(format!("{sign} {}", line(change)));
        }
    }
    let policy = report.get("policy").and_then(Value::as_str).unwrap_or_default();
    let short: String = policy.chars().take(8).collect();
    let dropped = match number("dropped") {
        0 => String::new(),
        dropped => format!(", {dropped} it was not told of"),
    };
    context.output.text(format!(
        "policy {short}: {} decisions, {} the same, {} lost, {} gained, {} cannot be made again{dropped}",
        number("decisions"),
        number("same"),
        number("lost"),
        number("gained"),
        number("unknown"),
    ));
}

/// Who, through what, the tool, how it ended and would end, how often.
fn line(change: &Value) -> String {
    let text = |name: &str| visible(change.get(name).and_then(Value::as_str).unwrap_or_default());
    let resource = match change.get("resource").and_then(Value::as_str) {
        Some(resource) => format!(" on {}", visible(resource)),
        None => String::new(),
    };
    let decisions = change.get("decisions").and_then(Value::as_u64).unwrap_or_default();
    format!(
        "{} through {}: {}{resource}  {} -> {}  {decisions} decisions",
        text("person"),
        text("client"),
        text("tool"),
        text("from"),
        text("to"),
    )
}
