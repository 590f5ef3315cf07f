//! `policy accept`, `policy versions`, `policy rollback`: through the admin plane of a running server;
//! without one, its owner does it with the log's lock. Either way the change is a record.

use super::faults;
use crate::arguments::AdminAccess;
use crate::client::AdminClient;
use crate::context::Context;
use crate::home::{is_running, operator_socket};
use crate::server::Offline;
use crate::{Exit, Failure};
use admin::{By, Change, DeskError, PolicyDesk};
use serde_json::{Value, json};

/// Quickstart's administrator, whom the owner of the data directory acts as.
const DEFAULT_ADMINISTRATOR: &str = "root";

/// Whom a command works with.
pub(super) enum Desk {
    /// The server that runs.
    Running(AdminClient),
    /// Nobody: the data directory itself.
    Alone(PolicyDesk, Box<Offline>),
}

impl Desk {
    pub(super) async fn open(access: &AdminAccess, context: Context<'_>) -> Result<Self, Failure> {
        if access.person.is_some() || access.token_file.is_some() {
            return Ok(Self::Running(access.client().await?));
        }
        let settings = access.home.used_settings()?;
        let socket = operator_socket(&settings.server.data_dir);
        if is_running(&socket).await {
            let client = AdminClient::acting_as(socket, DEFAULT_ADMINISTRATOR, &access.client).await?;
            return Ok(Self::Running(client));
        }
        let offline = context.server.open_offline(&settings).await?;
        match context.server.policy_desk(&settings, &offline) {
            Ok(desk) => Ok(Self::Alone(desk, Box::new(offline))),
            Err(error) => {
                offline.close().await;
                Err(error.into())
            }
        }
    }
}

pub(super) async fn accept(access: &AdminAccess, context: Context<'_>) -> Result<Exit, Failure> {
    let change = match Desk::open(access, context).await? {
        Desk::Running(client) => client.post("/api/policy/accept", &json!({})).await?,
        Desk::Alone(desk, offline) => {
            let changed = desk.accept(By::Owner).await;
            offline.close().await;
            shown(&changed.map_err(|error| failure(error, context))?)
        }
    };
    say(&change, context)
}

pub(super) async fn roll_back(
    policy: Option<&str>,
    access: &AdminAccess,
    context: Context<'_>,
) -> Result<Exit, Failure> {
    let change = match Desk::open(access, context).await? {
        Desk::Running(client) => {
            let body = policy.map_or_else(|| json!({}), |policy| json!({ "policy": policy }));
            client.post("/api/policy/rollback", &body).await?
        }
        Desk::Alone(desk, offline) => {
            let changed = match policy.map(|start| desk.named(start)).transpose() {
                Ok(to) => desk.roll_back(to, By::Owner).await,
                Err(error) => Err(error.into()),
            };
            offline.close().await;
            shown(&changed.map_err(|error| failure(error, context))?)
        }
    };
    say(&change, context)
}

pub(super) async fn versions(access: &AdminAccess, context: Context<'_>) -> Result<Exit, Failure> {
    let list = match Desk::open(access, context).await? {
        Desk::Running(client) => client.get("/api/policy/versions").await?,
        Desk::Alone(desk, offline) => {
            let (history, current) = (desk.history(), desk.current().await);
            offline.close().await;
            let history = history.map_err(|error| failure(error.into(), context))?;
            let versions: Vec<Value> =
                history.iter().map(|one| json!({ "policy": one.policy, "time_ms": one.time.0 })).collect();
            json!({ "current": current, "versions": versions })
        }
    };
    context.output.json(&list);
    let current = list.get("current").and_then(Value::as_str).unwrap_or_default();
    let versions = list.get("versions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (at, version) in versions.iter().enumerate() {
        let policy = version.get("policy").and_then(Value::as_str).unwrap_or_default();
        let time = version.get("time_ms").and_then(Value::as_i64).unwrap_or_default();
        let moment = jiff::Timestamp::from_millisecond(time).unwrap_or_default();
        let mark = if at + 1 == versions.len() && policy == current { "  in force" } else { "" };
        context.output.text(format!("{moment:.3}  {policy}{mark}"));
    }
    Ok(Exit::Ok)
}

fn shown(change: &Change) -> Value {
    json!({ "policy": change.policy, "previous": change.previous, "changed": !change.is_none() })
}

fn say(change: &Value, context: Context<'_>) -> Result<Exit, Failure> {
    let policy = change.get("policy").and_then(Value::as_str).unwrap_or_default();
    let changed = change.get("changed").and_then(Value::as_bool).unwrap_or_default();
    let line = if changed {
        format!("policy {policy} is current now")
    } else {
        format!("policy {policy} is current already")
    };
    context.output.say(line, change);
    Ok(Exit::Ok)
}

/// Of a folder that cannot be used every fault is shown.
pub(super) fn failure(error: DeskError, context: Context<'_>) -> Failure {
    let (cause, hint) = (error.to_string(), error.hint().to_owned());
    match error {
        DeskError::Policy(error) => faults(error.into(), context),
        DeskError::Version(_) => Failure::not_verified("policy_version", cause, hint),
        DeskError::NothingBefore => Failure::usage("not_found", cause, hint),
        DeskError::Beyond(_) => Failure::new(Exit::Denied, "beyond_delegation", cause, hint),
        DeskError::Unrecorded(refusal) => {
            Failure::usage("audit_unavailable", format!("{cause}: {}", refusal.internal()), hint)
        }
        DeskError::Broken => Failure::usage("failed", cause, hint),
    }
}
