//! The records that the log writes by itself: sums of refusals, and the first record of a segment.

use super::body::{Parts, RecordError, Status, record};
use super::{Actor, Header, json_of};
use crate::Event;
use crate::limits::MAX_CARRIED_INTENTS;
use crate::tree::Hash;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{CallId, Digest, RefusalCode, UnixMillis};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Refusals before authentication from one address in one minute; `None` for those beyond the limit
/// on addresses.
pub(crate) fn refused_from(
    source: Option<IpAddr>,
    codes: &BTreeMap<&'static str, u64>,
    minute: UnixMillis,
    actor: &Actor,
    time: UnixMillis,
) -> Result<Vec<u8>, RecordError> {
    let parts = Parts {
        actor: Some(actor),
        peer: source,
        count: Some(codes.values().sum()),
        status: Status::Failure,
        status_code: Some(RefusalCode::Unauthenticated.name()),
        ..Parts::default()
    };
    record(Event::Refused, time, &parts, |body| {
        body.json.key("codes").object(|json| {
            for (code, count) in codes {
                json.key(code).number(*count);
            }
        });
        body.json.key("minute").number(minute.0);
        body.json.key("stage").word("before_authentication");
    })
}

/// Requests of one principal in one minute that were refused because its share of the log is used up.
pub(crate) fn over_quota(
    count: u64,
    minute: UnixMillis,
    actor: &Actor,
    time: UnixMillis,
) -> Result<Vec<u8>, RecordError> {
    let parts = Parts {
        actor: Some(actor),
        count: Some(count),
        status: Status::Failure,
        status_code: Some(RefusalCode::QuotaExhausted.name()),
        ..Parts::default()
    };
    record(Event::Refused, time, &parts, |body| {
        body.json.key("minute").number(minute.0);
        body.json.key("stage").word("audit_quota");
    })
}

/// What the first record of a segment carries over from the segments before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Carried {
    /// The signed checkpoint over everything before the segment.
    pub(crate) note: String,
    /// Hash of the policy set that was last recorded as current.
    pub(crate) last_policy: Option<Digest>,
    /// Intents without an outcome so far: index and call.
    pub(crate) open: Vec<(u64, CallId)>,
    /// How many records carry them; known once they are written.
    pub(crate) records: u64,
}

/// The first records of every segment but the first: usually one, more if very many calls are open.
pub(crate) fn rolled(carried: &Carried, time: UnixMillis) -> Result<Vec<Vec<u8>>, RecordError> {
    let count = carried.open.len().div_ceil(MAX_CARRIED_INTENTS).max(1);
    (0..count)
        .map(|number| {
            let open = carried.open.iter().skip(number * MAX_CARRIED_INTENTS).take(MAX_CARRIED_INTENTS);
            let open: Vec<u8> = open
                .flat_map(|(index, call)| index.to_be_bytes().into_iter().chain(call.to_bytes()))
                .collect();
            let parts = Parts { status: Status::Success, ..Parts::default() };
            record(Event::Checkpoint, time, &parts, |body| {
                if let Some(policy) = &carried.last_policy {
                    body.json.key("last_policy").hex(policy.as_bytes());
                }
                body.json.key("note").string(&carried.note);
                body.json.key("open_intents").word(&STANDARD.encode(&open));
                body.json.key("records").number(count as u64);
            })
        })
        .collect()
}

#[derive(Deserialize)]
struct RolledBody {
    unmapped: RolledFields,
}

#[derive(Deserialize)]
struct RolledFields {
    last_policy: Option<Digest>,
    note: String,
    open_intents: String,
    records: u64,
}

/// Reads one record of what [`rolled`] wrote; `None` if the record is not of that form.
pub(crate) fn read_carried(record: &[u8]) -> Option<Carried> {
    let fields = serde_json::from_slice::<RolledBody>(json_of(record)).ok()?.unmapped;
    let bytes = STANDARD.decode(fields.open_intents).ok()?;
    let entries = bytes.chunks_exact(24);
    if !entries.remainder().is_empty() {
        return None;
    }
    let open = entries.map(|entry| {
        let (index, call) = entry.split_first_chunk()?;
        Some((u64::from_be_bytes(*index), CallId::from_bytes(call.try_into().ok()?)))
    });
    Some(Carried {
        note: fields.note,
        last_policy: fields.last_policy,
        open: open.collect::<Option<_>>()?,
        records: fields.records,
    })
}

/// That the records from `first` on, up to `next`, are dropped. `root` is the root over all before `next`.
pub(crate) fn dropped(first: u64, next: u64, root: &Hash, time: UnixMillis) -> Result<Vec<u8>, RecordError> {
    let parts = Parts { status: Status::Success, ..Parts::default() };
    record(Event::SegmentsDropped, time, &parts, |body| {
        body.json.key("first").number(first);
        body.json.key("next").number(next);
        body.json.key("tree").word(&STANDARD.encode(root));
    })
}

#[derive(Deserialize)]
struct DroppedBody {
    unmapped: DroppedFields,
}

#[derive(Deserialize)]
struct DroppedFields {
    next: u64,
}

/// The first record that was kept, as the record says; `None` for any other record.
pub(crate) fn dropped_until(record: &[u8]) -> Option<u64> {
    if Header::read(record)?.event != Event::SegmentsDropped {
        return None;
    }
    Some(serde_json::from_slice::<DroppedBody>(json_of(record)).ok()?.unmapped.next)
}

#[derive(Deserialize)]
struct PolicyBody {
    unmapped: PolicyFields,
}

#[derive(Deserialize)]
struct PolicyFields {
    policy: Digest,
}

/// The policy set that the record makes current; `None` for any other record.
pub(crate) fn policy_loaded(record: &[u8]) -> Option<Digest> {
    if Header::read(record)?.event != Event::PolicyLoaded {
        return None;
    }
    Some(serde_json::from_slice::<PolicyBody>(json_of(record)).ok()?.unmapped.policy)
}
