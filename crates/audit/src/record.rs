//! The bytes of a record: what a leaf of the tree covers, and the frame around it in a segment.
//!
//! The layout is written down in `docs/audit-format.md`; a golden test holds it. This module knows
//! bytes, not what the JSON says.

mod body;
mod calls;
mod frame;
mod operators;
mod own;
#[cfg(test)]
mod tests;

pub(crate) use body::{Actor, RecordError};
pub(crate) use calls::{abandoned, intent, listed, outcome, refused, verdict_word};
pub(crate) use frame::{BadFrame, FRAME_BYTES, Frame, MAGIC, put_frame, read_frame};
pub(crate) use operators::{actor_of, operator};
pub(crate) use own::{
    Carried, dropped, dropped_until, over_quota, policy_loaded, read_carried, refused_from, rolled,
};

use crate::Event;
use crate::subjects::KeyId;
use domain::{CallId, UnixMillis};

/// First byte of every record of this format.
pub(crate) const RECORD_VERSION: u8 = 1;
/// Bytes before the JSON.
pub(crate) const HEADER_BYTES: usize = 60;
/// Where the index stands in a record; the log's thread fills it in.
const INDEX_AT: std::ops::Range<usize> = 4..12;
/// In the header's field for an intent: there is none.
const NO_INTENT: u64 = u64::MAX;

/// What a record says without a key and without reading JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) event: Event,
    pub(crate) index: u64,
    pub(crate) time: UnixMillis,
    pub(crate) call: Option<CallId>,
    pub(crate) key: Option<KeyId>,
    pub(crate) intent: Option<u64>,
}

impl Header {
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[RECORD_VERSION, self.event.code(), 0, 0]);
        out.extend_from_slice(&self.index.to_be_bytes());
        out.extend_from_slice(&self.time.0.to_be_bytes());
        out.extend_from_slice(&self.call.map(CallId::to_bytes).unwrap_or_default());
        out.extend_from_slice(&self.key.map(|key| key.0).unwrap_or_default());
        out.extend_from_slice(&self.intent.unwrap_or(NO_INTENT).to_be_bytes());
    }

    /// The header of a record; `None` if it is too short or of another format.
    pub(crate) fn read(record: &[u8]) -> Option<Self> {
        let (&[version, event, 0, 0], rest) = record.split_first_chunk()? else { return None };
        if version != RECORD_VERSION {
            return None;
        }
        let (index, rest) = rest.split_first_chunk()?;
        let (time, rest) = rest.split_first_chunk()?;
        let (call, rest) = rest.split_first_chunk()?;
        let (key, rest) = rest.split_first_chunk()?;
        let (intent, _json) = rest.split_first_chunk()?;
        Some(Self {
            event: Event::from_code(event)?,
            index: u64::from_be_bytes(*index),
            time: UnixMillis(u64::from_be_bytes(*time)),
            call: (*call != [0; 16]).then(|| CallId::from_bytes(*call)),
            key: (*key != [0; 16]).then_some(KeyId(*key)),
            intent: Some(u64::from_be_bytes(*intent)).filter(|index| *index != NO_INTENT),
        })
    }
}

/// Gives a record its place in the log.
pub(crate) fn set_index(record: &mut [u8], index: u64) {
    if let Some(place) = record.get_mut(INDEX_AT) {
        place.copy_from_slice(&index.to_be_bytes());
    }
}

/// The JSON of a record.
pub(crate) fn json_of(record: &[u8]) -> &[u8] {
    record.get(HEADER_BYTES..).unwrap_or_default()
}
