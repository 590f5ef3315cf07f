//! Reading the log while it is written: single records, the last ones, those of one call, proofs.
//!
//! Readers see what is durable and nothing else. They read the files themselves and keep the log's
//! thread out of it.

use crate::chain::KeyChain;
use crate::disk::SharedDisk;
use crate::layout::Layout;
use crate::limits::{MAX_READ_RECORDS, MAX_RECORD_BYTES};
use crate::log::{Published, Setup, Shared};
use crate::note::Checkpoint;
use crate::opened::{ReadRecord, open_record};
use crate::record::{FRAME_BYTES, Header};
use crate::search::ActiveRows;
use crate::segment::Walk;
use crate::segment_index::SegmentIndex;
use crate::tree::{self, HASH_BYTES, Hash};
use crate::{AuditError, Event};
use domain::CallId;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// A view of the log's files.
pub(crate) struct Reader {
    disk: SharedDisk,
    layout: Layout,
    published: Arc<Mutex<Published>>,
    /// What is known of the segment that is being written, so that it is not walked anew each time.
    active: Option<Arc<Mutex<ActiveRows>>>,
}

impl Reader {
    pub(crate) fn of(setup: &Setup) -> Self {
        Self {
            disk: Arc::clone(&setup.disk),
            layout: setup.layout.clone(),
            published: Arc::clone(&setup.published),
            active: None,
        }
    }

    pub(crate) fn of_shared(shared: &Shared) -> Self {
        Self {
            disk: Arc::clone(&shared.disk),
            layout: shared.layout.clone(),
            published: Arc::clone(&shared.published),
            active: Some(Arc::clone(&shared.active_rows)),
        }
    }

    /// A view of files that may be written by another process meanwhile: what the checkpoint signs.
    pub(crate) fn of_files(
        disk: SharedDisk,
        layout: Layout,
        segments: Vec<u64>,
        checkpoint: Checkpoint,
        note: String,
        chain: KeyChain,
    ) -> Self {
        let published = Published {
            segments,
            active_length: u64::MAX,
            size: checkpoint.size,
            unwritten: Vec::new(),
            written: u64::MAX,
            checkpoint,
            note,
            chain: Arc::new(chain),
            batches: 0,
        };
        Self { disk, layout, published: Arc::new(Mutex::new(published)), active: None }
    }

    fn published(&self) -> std::sync::MutexGuard<'_, Published> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys that signed the log.
    pub(crate) fn chain(&self) -> Arc<KeyChain> {
        Arc::clone(&self.published().chain)
    }

    /// Durable records.
    pub(crate) fn size(&self) -> u64 {
        self.published().size
    }

    /// Offsets of a segment's records.
    fn offsets(&self, first: u64) -> Result<Vec<u32>, AuditError> {
        match &self.active {
            Some(active) if self.is_active(first) => {
                let segment = self.segment(first)?;
                let mut active = active.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(active.caught_up(first, &segment).offsets())
            }
            _ => Ok(self.index(first, None)?.offsets),
        }
    }

    /// First indices of the segments.
    pub(crate) fn segments(&self) -> Vec<u64> {
        self.published().segments.clone()
    }

    /// True for the segment that is being written.
    pub(crate) fn is_active(&self, first: u64) -> bool {
        self.published().segments.last() == Some(&first)
    }

    /// A derived file, if it is there.
    pub(crate) fn derived(&self, path: &Path) -> Option<Vec<u8>> {
        self.disk.read(path).ok()
    }

    /// How many bytes of a segment are durable.
    fn segment_length(&self, first: u64) -> Result<u64, AuditError> {
        let path = self.layout.segment(first);
        let length = self.disk.length(&path).map_err(AuditError::io("look at", path))?;
        let published = self.published();
        let is_active = published.segments.last() == Some(&first);
        Ok(if is_active { length.min(published.active_length) } else { length })
    }

    /// The durable bytes of a segment.
    pub(crate) fn segment(&self, first: u64) -> Result<Vec<u8>, AuditError> {
        let length = usize::try_from(self.segment_length(first)?).unwrap_or(usize::MAX);
        let path = self.layout.segment(first);
        self.disk.read_at(&path, 0, length).map_err(AuditError::io("read", path))
    }

    /// Where the records of a segment stand, from its index if it has one.
    fn index(&self, first: u64, segment: Option<&[u8]>) -> Result<SegmentIndex, AuditError> {
        let is_active = self.published().segments.last() == Some(&first);
        let stored = if is_active { None } else { self.disk.read(&self.layout.index(first)).ok() };
        if let Some(index) = stored.and_then(|bytes| SegmentIndex::from_bytes(&bytes, first)) {
            return Ok(index);
        }
        match segment {
            Some(segment) => Ok(SegmentIndex::of(segment, first)),
            None => Ok(SegmentIndex::of(&self.segment(first)?, first)),
        }
    }

    /// One record's bytes.
    pub(crate) fn record(&self, index: u64) -> Result<Vec<u8>, AuditError> {
        let missing = || AuditError::NoSuchRecord { index };
        let segments = self.segments();
        let first = segments.iter().rev().find(|first| **first <= index).ok_or_else(missing)?;
        let bytes = self.segment(*first)?;
        let offsets = self.index(*first, Some(&bytes))?.offsets;
        let offset =
            usize::try_from(index - first).ok().and_then(|number| offsets.get(number)).ok_or_else(missing)?;
        let frame = bytes.get(*offset as usize..).and_then(|bytes| crate::record::read_frame(bytes).ok());
        match frame {
            Some(frame) if frame.header.index == index => Ok(frame.record.to_vec()),
            _ => Err(AuditError::Damaged {
                path: self.layout.segment(*first),
                index,
                problem: "the check does not fit",
            }),
        }
    }

    /// Calls `visit` with the bytes of each record of the range, in order.
    pub(crate) fn records(&self, range: Range<u64>, mut visit: impl FnMut(&[u8])) -> Result<(), AuditError> {
        let mut next = range.start;
        for first in self.segments() {
            if next >= range.end {
                break;
            }
            let Some(number) = next.checked_sub(first).and_then(|number| usize::try_from(number).ok()) else {
                break;
            };
            let offsets = self.offsets(first)?;
            let Some(offset) = offsets.get(number).copied() else { continue };
            let path = self.layout.segment(first);
            let damaged =
                |index| AuditError::Damaged { path: path.clone(), index, problem: "the check does not fit" };
            let wanted = usize::try_from(range.end - next).unwrap_or(usize::MAX);
            let end = match offsets.get(number.saturating_add(wanted)) {
                Some(end) => u64::from(*end),
                None => self.segment_length(first)?,
            };
            let length = usize::try_from(end.saturating_sub(offset.into())).unwrap_or(usize::MAX);
            let bytes = self.disk.read_at(&path, offset.into(), length);
            let bytes = bytes.map_err(AuditError::io("read", path.clone()))?;
            let mut rest = bytes.as_slice();
            for _ in offsets.iter().skip(number).take(wanted) {
                let frame = crate::record::read_frame(rest).map_err(|_| damaged(next))?;
                if frame.header.index != next {
                    return Err(damaged(next));
                }
                visit(frame.record);
                rest = rest.get(frame.length()..).unwrap_or_default();
                next += 1;
            }
        }
        if next < range.end { Err(AuditError::NoSuchRecord { index: next }) } else { Ok(()) }
    }

    /// The record `index`, whose frame stands at `offset` of the segment from `first` on.
    pub(crate) fn record_at(&self, first: u64, index: u64, offset: u32) -> Result<Vec<u8>, AuditError> {
        let path = self.layout.segment(first);
        let bytes = self.disk.read_at(&path, offset.into(), FRAME_BYTES + MAX_RECORD_BYTES);
        let bytes = bytes.map_err(AuditError::io("read", path.clone()))?;
        match crate::record::read_frame(&bytes) {
            Ok(frame) if frame.header.index == index => Ok(frame.record.to_vec()),
            _ => Err(AuditError::Damaged { path, index, problem: "the check does not fit" }),
        }
    }

    /// Calls `visit` with every record of the call, in order.
    fn records_of(&self, call: CallId, mut visit: impl FnMut(Header, &[u8])) -> Result<(), AuditError> {
        for first in self.segments() {
            let index = self.index(first, None)?;
            let mut numbers = index.records_of(call).peekable();
            if numbers.peek().is_none() {
                continue;
            }
            let bytes = self.segment(first)?;
            for number in numbers {
                let offset = index.offsets.get(number as usize).copied().unwrap_or(u32::MAX);
                // A record that cannot be read may be the one that is looked for: that is no "no".
                let frame = bytes
                    .get(offset as usize..)
                    .and_then(|bytes| crate::record::read_frame(bytes).ok())
                    .ok_or_else(|| AuditError::Damaged {
                        path: self.layout.segment(first),
                        index: first + u64::from(number),
                        problem: "the check does not fit",
                    })?;
                if frame.header.call == Some(call) {
                    visit(frame.header, frame.record);
                }
            }
        }
        Ok(())
    }

    /// True if the log has an intent of the call.
    pub(crate) fn has_intent(&self, call: CallId) -> Result<bool, AuditError> {
        let mut found = false;
        self.records_of(call, |header, _| found |= header.event == Event::Intent)?;
        Ok(found)
    }

    /// The records of a call, opened.
    pub(crate) fn show(&self, call: CallId, shared: &Shared) -> Result<Vec<ReadRecord>, AuditError> {
        let mut records = Vec::new();
        self.records_of(call, |_, record| {
            if records.len() < MAX_READ_RECORDS {
                records.extend(open_record(record, &shared.subjects));
            }
        })?;
        Ok(records)
    }

    /// The last records, oldest first, opened.
    pub(crate) fn tail(&self, count: usize, shared: &Shared) -> Result<Vec<ReadRecord>, AuditError> {
        let count = count.min(MAX_READ_RECORDS);
        let mut parts: Vec<Vec<ReadRecord>> = Vec::new();
        let mut wanted = count;
        for first in self.segments().into_iter().rev() {
            if wanted == 0 {
                break;
            }
            let bytes = self.segment(first)?;
            let offsets: Vec<_> = Walk::new(&bytes, first).collect();
            let newest = offsets.iter().skip(offsets.len().saturating_sub(wanted));
            let part: Vec<_> =
                newest.filter_map(|(_, frame)| open_record(frame.record, &shared.subjects)).collect();
            wanted = wanted.saturating_sub(part.len());
            parts.push(part);
        }
        Ok(parts.into_iter().rev().flatten().collect())
    }

    /// The latest signed checkpoint, and its note.
    pub(crate) fn checkpoint(&self) -> (Checkpoint, String) {
        let published = self.published();
        (published.checkpoint.clone(), published.note.clone())
    }

    /// Batches that this run wrote, each with one sync.
    pub(crate) fn batches(&self) -> u64 {
        self.published().batches
    }

    /// A complete subtree of the tree.
    pub(crate) fn node(&self, level: u32, index: u64) -> Result<Hash, AuditError> {
        let position = tree::position_of(level, index);
        {
            let published = self.published();
            let unwritten = position.checked_sub(published.written).and_then(|at| usize::try_from(at).ok());
            if let Some(at) = unwritten {
                let missing = AuditError::NoSuchRecord { index: index << level };
                return published.unwritten.get(at).copied().ok_or(missing);
            }
        }
        let path = self.layout.tree();
        let bytes = self.disk.read_at(&path, position * HASH_BYTES as u64, HASH_BYTES);
        let bytes = bytes.map_err(AuditError::io("read", path))?;
        bytes.try_into().map_err(|_| AuditError::NoSuchRecord { index: index << level })
    }

    /// The path from a record to the root over `size` records.
    pub(crate) fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, AuditError> {
        if index >= size || size > self.published().size {
            return Err(AuditError::NoSuchRecord { index: index.max(size) });
        }
        tree::inclusion_path(index, size, |level, index| self.node(level, index))
    }

    /// The proof that the first `new` records begin with the first `old`.
    pub(crate) fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, AuditError> {
        if old > new || new > self.published().size {
            return Err(AuditError::NoSuchRecord { index: old.max(new) });
        }
        if old == 0 {
            return Ok(Vec::new());
        }
        tree::consistency_path(old, new, |level, index| self.node(level, index))
    }

    /// The root over the first `size` records.
    pub(crate) fn root(&self, size: u64) -> Result<Hash, AuditError> {
        if size > self.published().size {
            return Err(AuditError::NoSuchRecord { index: size });
        }
        tree::root_at(size, |level, index| self.node(level, index))
    }
}
