//! The results that the protocol itself gives.

use crate::reply::ServerInfo;
use crate::{Era, LEGACY_VERSIONS, SUPPORTED_VERSIONS};
use serde_json::{Map, Value, json};

/// For the model: what this server is.
const INSTRUCTIONS: &str = "Every call is authorised, checked, isolated, scanned and recorded. A refused call \
    answers with `isError` and one sentence that says what to do next; a call that waits for approval is to be \
    retried unchanged.";

/// How long a client may keep a list. Milliseconds. Policy can change at any time and there is no
/// notice of it yet, so not long.
const LIST_TTL_MS: u64 = 10_000;

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// The result of `initialize`: the client's revision where we serve it, else our newest of that era.
pub fn initialized(requested: &str) -> Map<String, Value> {
    let [newest, ..] = LEGACY_VERSIONS;
    let version = LEGACY_VERSIONS.into_iter().find(|ours| *ours == requested).unwrap_or(newest);
    members(json!({
        "protocolVersion": version,
        "capabilities": { "tools": {} },
        "serverInfo": ServerInfo::OURS,
        "instructions": INSTRUCTIONS,
    }))
}

/// The result of `server/discover`.
pub fn discovered() -> Map<String, Value> {
    members(json!({
        "supportedVersions": SUPPORTED_VERSIONS,
        "capabilities": { "tools": {} },
        "instructions": INSTRUCTIONS,
        "ttlMs": LIST_TTL_MS,
        "cacheScope": "private",
    }))
}

/// The result of `ping`.
pub fn pong() -> Map<String, Value> {
    Map::new()
}

/// The result of `tools/list`. It was filtered for one principal, so no shared cache may keep it.
pub fn listed(tools: Vec<Value>, era: Era) -> Map<String, Value> {
    let mut result = members(json!({ "tools": tools }));
    if era == Era::Modern {
        result.insert("ttlMs".to_owned(), LIST_TTL_MS.into());
        result.insert("cacheScope".to_owned(), "private".into());
    }
    result
}
