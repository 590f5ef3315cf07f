//! What quickstart says before the demo: addresses, the authority's file, configurations to paste.

use crate::output::Output;
use crate::server_file::absolute;
use crate::serving::Up;
use serde_json::{Value, json};
use std::path::Path;

/// Addresses and client configurations. No token is among them: the bridge reads it from a file.
pub(crate) fn announce(up: &Up, output: Output) {
    let file = &up.file;
    let bridge = bridge(up);
    let clients = json!({ "mcpServers": { "secure-mcp": bridge } });
    let vs_code = json!({ "servers": { "secure-mcp": with_type(&bridge) } });
    output.json(&json!({
        "step": "STARTED",
        "call_id": null,
        "decision": null,
        "detail": "the server answers",
        "ms": 0,
        "mcp_url": file.mcp_url,
        "wss_url": file.wss_url,
        "admin": file.admin,
        "ca_file": file.ca_file,
        "facts": up.running.facts,
        "client_configurations": { "claude": clients, "cursor": clients, "vs_code": vs_code },
    }));
    output.text("Secure MCP Server, on this machine alone\n");
    output.text(format!("  MCP (https)  {}", file.mcp_url));
    output.text(format!("  MCP (wss)    {}", file.wss_url));
    output.text(format!("  admin plane  {}", file.admin));
    if let Some(ca_file) = &file.ca_file {
        output.text(format!("  authority    {}", ca_file.display()));
    }
    up.running.facts.iter().for_each(|fact| output.text(format!("  {fact}")));
    output.text("\nA token for a client of yours, in a file that the configurations below name:\n");
    output.text(format!("  {}", token_command(up)));
    output.text("\nClaude Desktop (claude_desktop_config.json), Claude Code (.mcp.json), Cursor (.cursor/mcp.json):\n");
    output.text(indented(&clients));
    output.text("\nVS Code (.vscode/mcp.json):\n");
    output.text(indented(&vs_code));
    output.text("");
}

fn with_type(bridge: &Value) -> Value {
    let mut typed = bridge.clone();
    if let Some(members) = typed.as_object_mut() {
        members.insert("type".to_owned(), "stdio".into());
    }
    typed
}

/// How a client starts the bridge.
fn bridge(up: &Up) -> Value {
    let mut arguments = vec![
        json!("stdio"),
        json!("--url"),
        json!(up.file.wss_url),
        json!("--token-file"),
        json!(token_file(up)),
    ];
    if let Some(ca_file) = &up.file.ca_file {
        arguments.extend([json!("--ca-file"), json!(ca_file)]);
    }
    json!({ "command": program(), "args": arguments })
}

fn token_file(up: &Up) -> std::path::PathBuf {
    absolute(up.data_dir()).join("ana.token")
}

fn token_command(up: &Up) -> String {
    let data_dir = absolute(up.data_dir());
    format!(
        "{} token create --person ana --client quickstart --ttl 24h --data-dir {} --out {}",
        quoted(&program()),
        quoted(&data_dir.display().to_string()),
        quoted(&token_file(up).display().to_string()),
    )
}

/// This program, by its path: a client does not share our search path.
fn program() -> String {
    std::env::current_exe()
        .ok()
        .as_deref()
        .map_or_else(|| "secure-mcp".to_owned(), |path: &Path| path.display().to_string())
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = word.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"/._-:".contains(&sign));
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

fn indented(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
