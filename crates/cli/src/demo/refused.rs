//! A refusal whose caller was told nothing of it, read in the log by the administrator.

use super::{Demo, unexpected};
use crate::Failure;
use serde_json::Value;

/// Records that can come between a call and the look at the log.
const NEWEST_RECORDS: u64 = 50;

/// What the log says of it.
pub(super) struct Refused {
    pub(super) call_id: String,
    pub(super) reason: String,
}

/// The newest call of `person` to `tool` that was refused; its place in the log is kept for the proof.
pub(super) async fn in_the_log(demo: &mut Demo<'_>, person: &str, tool: &str) -> Result<Refused, Failure> {
    let root = demo.cast.official("root").await?;
    let log = root.get(&format!("/api/audit/tail?count={NEWEST_RECORDS}")).await?;
    let records = log.get("records").and_then(Value::as_array).cloned().unwrap_or_default();
    let of_the_call = |record: &&Value| {
        let is = |pointer: &str, text: &str| record.pointer(pointer).and_then(Value::as_str) == Some(text);
        is("/event", "refused") && is("/record/api/operation", tool) && is("/record/actor/user/name", person)
    };
    let record = records
        .iter()
        .rev()
        .find(of_the_call)
        .ok_or_else(|| unexpected("DENIED", "the refusal is not in the log"))?;
    let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    demo.kept.record(record);
    Ok(Refused { call_id: text("/call_id"), reason: text("/record/status_detail") })
}
