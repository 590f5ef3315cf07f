//! `call` and `query`: one call through the front door, like any assistant's.

use crate::arguments::{Call, McpAccess, Query};
use crate::client::{AdminClient, CallReply, Endpoint, McpClient, Transport, Trust};
use crate::context::Context;
use crate::failure::advice;
use crate::home::operator_socket;
use crate::output::{Output, visible};
use crate::server_file::ServerFile;
use crate::{Exit, Failure};
use domain::Secret;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

/// The server takes messages up to 4 MiB.
const MAX_ARGUMENTS_BYTES: u64 = 4 * 1024 * 1024;

/// A call's token that nobody else uses; the longest tool ends within five minutes.
const TTL_SECONDS: u64 = 300;

pub(super) async fn call(asked: Call, context: Context<'_>) -> Result<Exit, Failure> {
    let text = match asked.json.as_deref() {
        None => "{}".to_owned(),
        Some("-") => from_standard_input().await?,
        Some(text) => text.to_owned(),
    };
    let arguments = RawValue::from_string(text)
        .ok()
        .filter(|raw| raw.get().trim_start().starts_with('{'))
        .ok_or_else(|| {
            Failure::usage(
                "arguments",
                "the arguments are not one JSON object",
                "write --json '{\"name\": value}'",
            )
        })?;
    let reply = connect(&asked.access, context).await?.call(&asked.tool, &arguments).await?;
    said(&reply, context.output)
}

pub(super) async fn query(asked: Query, context: Context<'_>) -> Result<Exit, Failure> {
    let mut arguments = json!({ "resource": asked.resource, "sql": asked.sql });
    if let (Some(members), Some(max_rows)) = (arguments.as_object_mut(), asked.max_rows) {
        members.insert("max_rows".to_owned(), max_rows.into());
    }
    let arguments = to_raw_value(&arguments).map_err(anyhow::Error::from)?;
    let reply = connect(&asked.access, context).await?.call("database-query", &arguments).await?;
    if !reply.is_error() && !context.output.is_json() {
        return Ok(table(reply.data(), context.output));
    }
    said(&reply, context.output)
}

async fn connect(access: &McpAccess, context: Context<'_>) -> Result<McpClient, Failure> {
    let token = token(access, context).await?;
    let (url, ca_file) = match &access.url {
        Some(url) => (url.clone(), access.ca_file.clone()),
        None => {
            let running = ServerFile::read(&access.data_dir)?;
            let url =
                if access.transport == Some(Transport::Wss) { running.wss_url } else { running.mcp_url };
            (url, access.ca_file.clone().or(running.ca_file))
        }
    };
    let endpoint = Endpoint::parse(&url)?.over(access.transport);
    Ok(McpClient::connect(endpoint, &Trust::new(ca_file.as_deref()), token).await?)
}

/// The token of the file, one made for `--person`, or the environment's.
async fn token(access: &McpAccess, context: Context<'_>) -> Result<Secret<String>, Failure> {
    if let Some(person) = &access.person {
        let request = json!({ "person": person, "client": access.client, "audience": "mcp", "ttl_seconds": TTL_SECONDS });
        let made = AdminClient::new(operator_socket(&access.data_dir), None).create_token(&request).await?;
        return Ok(made.token);
    }
    context.token(access.token_file.as_deref())?.ok_or_else(|| {
        Failure::usage(
            "no_token",
            "it is not said who calls",
            "give --person PERSON as the owner of the data directory, or a token with --token-file or SECURE_MCP_TOKEN",
        )
    })
}

async fn from_standard_input() -> Result<String, Failure> {
    let mut text = String::new();
    let read = tokio::io::stdin().take(MAX_ARGUMENTS_BYTES).read_to_string(&mut text).await;
    read.map_err(|error| {
        Failure::usage("arguments", format!("standard input: {error}"), "write one JSON object to it")
    })?;
    Ok(text)
}

/// The answer as it came, or its text; a refusal becomes the command's failure.
fn said(reply: &CallReply, output: Output) -> Result<Exit, Failure> {
    let result = reply.message.get("result").or_else(|| reply.message.get("error")).unwrap_or(&Value::Null);
    output.json(result);
    let Some(code) = reply.refusal_code() else {
        output.text(visible(&reply.text()));
        if let Some(call) = reply.call_id() {
            output.remark(format!("call {call}"));
        }
        return Ok(if reply.is_error() { Exit::Usage } else { Exit::Ok });
    };
    Err(refusal(reply, code))
}

fn refusal(reply: &CallReply, code: &str) -> Failure {
    let of_call = reply.call_id().map(|call| format!(" (call {call})")).unwrap_or_default();
    let fix = match (code, reply.approval_id()) {
        ("approval_pending", Some(id)) => format!(
            "have another person run `secure-mcp approve {id} --person PERSON`, then make the same call again"
        ),
        _ => advice(code).to_owned(),
    };
    Failure::refused(code, format!("{}{of_call}", reply.text()), fix)
}

/// Rows for people: a header, then a line for each row, columns apart by tabs.
fn table(data: &Value, output: Output) -> Exit {
    let list = |name: &str| data.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let line = |cells: &[Value]| cells.iter().map(cell).collect::<Vec<_>>().join("\t");
    output.text(list("columns").iter().map(column).collect::<Vec<_>>().join("\t"));
    for row in list("rows") {
        output.text(line(row.as_array().map(Vec::as_slice).unwrap_or_default()));
    }
    if data.get("truncated").and_then(Value::as_bool) == Some(true) {
        output.remark("there are more rows; raise --max-rows to see them");
    }
    Exit::Ok
}

/// A column's name; a masked one says so.
fn column(column: &Value) -> String {
    let name = column.get("name").unwrap_or(column);
    let is_masked = column.get("masked").and_then(Value::as_bool) == Some(true);
    if is_masked { format!("{} (masked)", cell(name)) } else { cell(name) }
}

/// A cell on one line: nothing in it can end the line or the column.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => visible(text).replace('\n', "\\n"),
        other => other.to_string(),
    }
}
