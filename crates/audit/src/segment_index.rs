//! The index of a finished segment: where each record stands and which belong to which call.
//!
//! Derived from the segment; a missing or damaged one is made anew.

use crate::segment::Walk;
use domain::{CallId, Digest};

const INDEX_MAGIC: [u8; 8] = *b"smcpidx1";
const DIGEST_BYTES: usize = 32;
const HEAD_BYTES: usize = 8 + 8 + 4 + 4;

/// Places of records in a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SegmentIndex {
    /// Index of the first record.
    pub(crate) first: u64,
    /// Offset of each record's frame.
    pub(crate) offsets: Vec<u32>,
    /// Lower half of a call's identifier, and the record's number in the segment. Sorted once finished.
    calls: Vec<(u64, u32)>,
}

/// The half of an identifier that is chance.
fn call_key(call: CallId) -> u64 {
    let [.., a, b, c, d, e, f, g, h] = call.to_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

impl SegmentIndex {
    pub(crate) fn new(first: u64) -> Self {
        Self { first, ..Self::default() }
    }

    /// Notes the next record.
    pub(crate) fn push(&mut self, offset: u64, call: Option<CallId>) {
        let number = self.offsets.len() as u32;
        self.offsets.push(u32::try_from(offset).unwrap_or(u32::MAX));
        if let Some(call) = call {
            self.calls.push((call_key(call), number));
        }
    }

    /// The index of the records in `segment`.
    pub(crate) fn of(segment: &[u8], first: u64) -> Self {
        let mut index = Self::new(first);
        for (offset, frame) in Walk::new(segment, first) {
            index.push(offset as u64, frame.header.call);
        }
        index.calls.sort_unstable();
        index
    }

    /// Numbers of the records that can belong to `call`.
    pub(crate) fn records_of(&self, call: CallId) -> impl Iterator<Item = u32> {
        let key = call_key(call);
        let from = self.calls.partition_point(|(known, _)| *known < key);
        self.calls.iter().skip(from).take_while(move |(known, _)| *known == key).map(|(_, number)| *number)
    }

    /// The file's bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut calls = self.calls.clone();
        calls.sort_unstable();
        let mut bytes = INDEX_MAGIC.to_vec();
        bytes.extend_from_slice(&self.first.to_be_bytes());
        bytes.extend_from_slice(&(self.offsets.len() as u32).to_be_bytes());
        bytes.extend_from_slice(&(calls.len() as u32).to_be_bytes());
        bytes.extend(self.offsets.iter().flat_map(|offset| offset.to_be_bytes()));
        for (call, number) in calls {
            bytes.extend_from_slice(&call.to_be_bytes());
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        let check = Digest::of(&bytes);
        bytes.extend_from_slice(check.as_bytes());
        bytes
    }

    /// Reads a file; `None` if it is not whole.
    pub(crate) fn from_bytes(bytes: &[u8], first: u64) -> Option<Self> {
        let (content, check) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST_BYTES)?)?;
        let head = content.get(..HEAD_BYTES)?;
        if Digest::of(content).as_bytes() != check || !head.starts_with(&INDEX_MAGIC) {
            return None;
        }
        let stored_first = u64::from_be_bytes(head.get(8..16)?.try_into().ok()?);
        let records = u32::from_be_bytes(head.get(16..20)?.try_into().ok()?) as usize;
        let (offsets, calls) = content.get(HEAD_BYTES..)?.split_at_checked(records.checked_mul(4)?)?;
        let offsets =
            offsets.chunks_exact(4).filter_map(|four| Some(u32::from_be_bytes(four.try_into().ok()?)));
        let calls = calls.chunks_exact(12).filter_map(|entry| {
            let (call, number) = entry.split_first_chunk()?;
            Some((u64::from_be_bytes(*call), u32::from_be_bytes(number.try_into().ok()?)))
        });
        (stored_first == first).then(|| Self { first, offsets: offsets.collect(), calls: calls.collect() })
    }
}
