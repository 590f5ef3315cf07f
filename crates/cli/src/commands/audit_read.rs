//! `audit tail` and `audit show`: through the admin plane of a running server; without one, its owner
//! reads with the log's lock. Either way the reading is recorded.

use crate::arguments::AdminAccess;
use crate::client::AdminClient;
use crate::context::Context;
use crate::home::{is_running, operator_socket};
use crate::output::visible;
use crate::server::Offline;
use crate::{Exit, Failure};
use admin::{LogQuery, read_log};
use domain::CallId;
use serde_json::Value;
use settings::Settings;

/// Quickstart's administrator, who may read the log.
const DEFAULT_READER: &str = "root";

pub(super) async fn tail(count: u64, access: &AdminAccess, context: Context<'_>) -> Result<Exit, Failure> {
    let query = LogQuery::Tail { count: usize::try_from(count).unwrap_or_default() };
    let records = read(&format!("/api/audit/tail?count={count}"), query, access, context).await?;
    say(&records, context);
    Ok(Exit::Ok)
}

pub(super) async fn show(call: CallId, access: &AdminAccess, context: Context<'_>) -> Result<Exit, Failure> {
    let records = read(&format!("/api/audit/calls/{call}"), LogQuery::Call(call), access, context).await?;
    if records.is_empty() {
        let cause = format!("the log has no record of call {call}");
        return Err(Failure::usage(
            "not_found",
            cause,
            "check the call id; it stands in the reply's `_meta`",
        ));
    }
    say(&records, context);
    Ok(Exit::Ok)
}

async fn read(
    path: &str,
    query: LogQuery,
    access: &AdminAccess,
    context: Context<'_>,
) -> Result<Vec<Value>, Failure> {
    let settings = access.home.settings()?;
    let Some(client) = client_of(access, &settings).await? else {
        return offline(query, &settings, context).await;
    };
    let reply = client.get(path).await?;
    Ok(records_of(&reply))
}

/// The records in an answer of the admin plane.
pub(super) fn records_of(reply: &Value) -> Vec<Value> {
    reply.get("records").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// The way to the admin plane; `None` if nobody is named and no server runs.
pub(super) async fn client_of(
    access: &AdminAccess,
    settings: &Settings,
) -> Result<Option<AdminClient>, Failure> {
    let socket = operator_socket(&settings.server.data_dir);
    if access.person.is_some() || access.token_file.is_some() {
        return access.client().await.map(Some);
    }
    if is_running(&socket).await {
        return AdminClient::acting_as(socket, DEFAULT_READER, &access.client).await.map(Some);
    }
    Ok(None)
}

/// No server runs: the owner of the data directory reads, with the log's lock.
async fn offline(query: LogQuery, settings: &Settings, context: Context<'_>) -> Result<Vec<Value>, Failure> {
    let offline = open(settings, context).await?;
    let read = read_log(&offline.audit, query, None).await;
    offline.close().await;
    read.map_err(|error| anyhow::Error::from(error).into())
}

/// The log of a data directory that no server runs on.
pub(super) async fn open(settings: &Settings, context: Context<'_>) -> Result<Offline, Failure> {
    let data_dir = &settings.server.data_dir;
    if !data_dir.is_dir() {
        let address = format!("the server of `{}`", data_dir.display());
        return Err(Failure::unreachable(&address, "there is no such data directory"));
    }
    Ok(context.server.open_offline(settings).await?)
}

pub(super) fn say(records: &[Value], context: Context<'_>) {
    for record in records {
        context.output.say(line(record), record);
    }
}

/// One record on one line: place, time, event, call, who, what, and how it ended.
fn line(record: &Value) -> String {
    let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str).map(visible);
    let number = |name: &str| record.get(name).and_then(Value::as_i64).unwrap_or_default();
    let moment = jiff::Timestamp::from_millisecond(number("time_ms")).unwrap_or_default();
    let mut line = format!("{:>6}  {moment:.3}  {}", number("index"), text("/event").unwrap_or_default());
    let said = [
        ("call", text("/call_id")),
        ("person", text("/record/actor/user/name")),
        ("tool", text("/record/api/operation")),
        ("decision", text("/record/unmapped/decision")),
        ("code", text("/record/status_code")),
        ("because", text("/record/status_detail")),
    ];
    for (name, value) in said {
        if let Some(value) = value {
            line.push_str(&format!("  {name} {value}"));
        }
    }
    line.replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::line;
    use serde_json::json;

    #[test]
    fn a_record_is_one_line() {
        let record = json!({
            "index": 7, "event": "refused", "time_ms": 1_790_000_000_123_u64, "call_id": "01h2", "leaf": "x",
            "record": {
                "actor": { "user": { "name": "ana" } },
                "api": { "operation": "python-runner" },
                "status_code": "unknown_tool",
                "status_detail": "no rule permits\nit",
                "unmapped": { "decision": "deny" },
            },
        });
        assert_eq!(
            line(&record),
            "     7  2026-09-21T14:13:20.123Z  refused  call 01h2  person ana  tool python-runner  decision deny  \
             code unknown_tool  because no rule permits it"
        );
    }
}
