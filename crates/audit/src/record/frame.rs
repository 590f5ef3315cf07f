//! The frame around a record in a segment, and what is wrong with one that does not check.
//!
//! The check finds accidents, not attackers: those are found by the tree and its signed roots.

use crate::limits::MAX_RECORD_BYTES;
use crate::record::{HEADER_BYTES, Header};
use crate::tree::{Hash, leaf_hash};
use aws_lc_rs::digest::{Context, SHA256};

/// Four bytes that start every frame; zeros there end a segment.
pub(crate) const MAGIC: [u8; 4] = *b"smr1";
/// Bytes of a frame before its record.
pub(crate) const FRAME_BYTES: usize = 20;
const CHECK_BYTES: usize = 8;

/// A record in its frame.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) record: &'a [u8],
    pub(crate) header: Header,
    /// How many records of the same write stand before it.
    pub(crate) position: u32,
    pub(crate) leaf: Hash,
}

impl Frame<'_> {
    /// Bytes of frame and record.
    pub(crate) const fn length(&self) -> usize {
        FRAME_BYTES + self.record.len()
    }

    /// Index of the first record of the same write: everything before it was durable then.
    pub(crate) const fn batch(&self) -> u64 {
        self.header.index.saturating_sub(self.position as u64)
    }
}

/// What stands where a frame should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadFrame {
    /// Zeros to the end, or nothing: the segment ends here.
    End,
    /// A frame that begins here and breaks off, with nothing or zeros in place of its rest.
    Incomplete,
    /// Something else.
    Damaged(&'static str),
}

fn check(length: u32, position: u32, leaf: &Hash) -> [u8; CHECK_BYTES] {
    let mut context = Context::new(&SHA256);
    context.update(&length.to_be_bytes());
    context.update(&position.to_be_bytes());
    context.update(leaf);
    let digest = context.finish();
    digest.as_ref().first_chunk().copied().unwrap_or_default()
}

/// Appends a record in its frame and returns its leaf hash.
pub(crate) fn put_frame(out: &mut Vec<u8>, record: &[u8], position: u32) -> Hash {
    let leaf = leaf_hash(record);
    let length = u32::try_from(record.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&position.to_be_bytes());
    out.extend_from_slice(&check(length, position, &leaf));
    out.extend_from_slice(record);
    leaf
}

/// The frame that `bytes` begin with.
pub(crate) fn read_frame(bytes: &[u8]) -> Result<Frame<'_>, BadFrame> {
    let broken_off = || {
        if bytes.iter().all(|byte| *byte == 0) { BadFrame::End } else { BadFrame::Incomplete }
    };
    let Some((head, rest)) = bytes.split_first_chunk::<FRAME_BYTES>() else { return Err(broken_off()) };
    let (magic, head) = head.split_first_chunk::<4>().ok_or(BadFrame::Incomplete)?;
    if *magic == [0; 4] {
        let end = bytes.iter().all(|byte| *byte == 0);
        return Err(if end { BadFrame::End } else { BadFrame::Damaged("bytes after the end") });
    }
    if *magic != MAGIC {
        let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let begun = bytes.get(..written).is_some_and(|begun| MAGIC.starts_with(begun));
        return Err(if begun { BadFrame::Incomplete } else { BadFrame::Damaged("no frame begins here") });
    }
    let (length, head) = head.split_first_chunk().ok_or(BadFrame::Incomplete)?;
    let (position, stored) = head.split_first_chunk().ok_or(BadFrame::Incomplete)?;
    let (length, position) = (u32::from_be_bytes(*length), u32::from_be_bytes(*position));
    let size = length as usize;
    if !(HEADER_BYTES..=MAX_RECORD_BYTES).contains(&size) {
        // A head of which only the magic was written has zeros here.
        let zeros = rest.iter().all(|byte| *byte == 0);
        return Err(if zeros { BadFrame::Incomplete } else { BadFrame::Damaged("impossible length") });
    }
    let Some(record) = rest.get(..size) else { return Err(BadFrame::Incomplete) };
    let leaf = leaf_hash(record);
    if check(length, position, &leaf) != *stored {
        // JSON ends with a brace: a zero there means that the write did not come so far.
        let unfinished =
            record.last() == Some(&0) && rest.get(size..).is_none_or(|more| more.iter().all(|b| *b == 0));
        return Err(if unfinished {
            BadFrame::Incomplete
        } else {
            BadFrame::Damaged("the check does not fit")
        });
    }
    let header = Header::read(record).ok_or(BadFrame::Damaged("unknown record format"))?;
    Ok(Frame { record, header, position, leaf })
}
