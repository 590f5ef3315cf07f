//! A record as receivers get it: JSON with an identifier by which a second delivery is known.

use audit::ReadRecord;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Bytes of the leaf hash that stand in an identifier: enough to tell a restored log's record apart.
const ID_LEAF_BYTES: usize = 8;

/// Log, place and content: the same record has the same identifier, however often it comes.
pub(crate) fn id(origin: &str, record: &ReadRecord) -> String {
    let mut id = format!("{origin}/{}/", record.index);
    for byte in record.leaf.iter().take(ID_LEAF_BYTES) {
        let _infallible = write!(id, "{byte:02x}");
    }
    id
}

/// The record.
pub(crate) fn shown(origin: &str, record: &ReadRecord) -> Value {
    json!({
        "id": id(origin, record),
        "origin": origin,
        "index": record.index,
        "event": record.event.name(),
        "time_ms": record.time.0,
        "call_id": record.call,
        "intent_index": record.intent,
        "leaf": STANDARD.encode(record.leaf),
        "record": record.body,
    })
}
