//! A record as an authorised reader sees it: personal fields opened where their key still exists.

use crate::Event;
use crate::record::{Header, json_of};
use crate::subjects::{KeyId, Subjects};
use crate::tree::{Hash, leaf_hash};
use domain::{CallId, UnixMillis};
use serde_json::Value;

/// In place of a personal field whose key was destroyed.
const ERASED: &str = "(erased)";

/// One record, readable.
#[derive(Clone, Debug)]
pub struct ReadRecord {
    /// Its place in the log.
    pub index: u64,
    /// What happened.
    pub event: Event,
    /// When.
    pub time: UnixMillis,
    /// The call that it belongs to.
    pub call: Option<CallId>,
    /// For the end of a call: the index of its intent.
    pub intent: Option<u64>,
    /// Its leaf hash.
    pub leaf: Hash,
    /// The OCSF event with personal fields in clear; `"(erased)"` where the subject was erased.
    pub body: Value,
}

/// What becomes of personal fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Personal {
    /// They stay sealed.
    Sealed,
    /// They are opened.
    Clear,
}

/// Opens a record; `None` if it is not one.
pub(crate) fn open_record(record: &[u8], subjects: &Subjects) -> Option<ReadRecord> {
    read_record(record, Some(subjects))
}

/// Reads a record, with its personal fields opened by `subjects` or left as they are.
pub(crate) fn read_record(record: &[u8], subjects: Option<&Subjects>) -> Option<ReadRecord> {
    let header = Header::read(record)?;
    let mut body = serde_json::from_slice(json_of(record)).ok()?;
    if let Some(subjects) = subjects {
        open_fields(&mut body, &mut String::new(), header.key, subjects);
    }
    Some(ReadRecord {
        index: header.index,
        event: header.event,
        time: header.time,
        call: header.call,
        intent: header.intent,
        leaf: leaf_hash(record),
        body,
    })
}

/// Replaces every sealed field by its value. `field` is the place so far, as it was sealed.
fn open_fields(value: &mut Value, field: &mut String, key: Option<KeyId>, subjects: &Subjects) {
    if let Some(sealed) = value.get("enc").and_then(Value::as_str) {
        let key = value.get("key").and_then(Value::as_str).map_or(key, KeyId::from_hex);
        let subject = key.and_then(|key| subjects.by_id(key));
        let clear = subject.and_then(|subject| subject.unseal(field, sealed));
        *value = Value::String(clear.unwrap_or_else(|| ERASED.to_owned()));
        return;
    }
    match value {
        Value::Array(entries) => {
            entries.iter_mut().for_each(|entry| open_fields(entry, field, key, subjects));
        }
        Value::Object(entries) => {
            for (name, entry) in entries {
                let length = field.len();
                if length > 0 {
                    field.push('.');
                }
                field.push_str(name);
                open_fields(entry, field, key, subjects);
                field.truncate(length);
            }
        }
        _ => {}
    }
}
