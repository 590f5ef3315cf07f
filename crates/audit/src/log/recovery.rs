//! What the segments say at start: the tree, the calls that are open, and where the last write ended.
//!
//! Only the last segment is read; what is before it comes from the file `tree`, which the signed
//! root proves right or which is made anew. Nothing that was durable is ever repaired.

use crate::disk::{DiskFile, read_if_there, replace, write_all_at};
use crate::log::files::{Active, Published, Setup, is_full, new_segment};
use crate::log::restore::open_or_create;
use crate::note::{Checkpoint, notes_in};
use crate::record::{self, BadFrame, read_carried};
use crate::segment::{Stop, Walk, was_durable};
use crate::segment_index::SegmentIndex;
use crate::tree::{CompactRange, HASH_BYTES, Hash, position_of, stored_count};
use crate::{AuditError, Event};
use domain::{CallId, Digest};
use std::collections::BTreeMap;

/// What the segments say.
pub(super) struct Found {
    pub(super) range: CompactRange,
    pub(super) active: Active,
    pub(super) open: BTreeMap<u64, CallId>,
    pub(super) last_policy: Option<Digest>,
    pub(super) torn_bytes: u64,
}

/// The segments of a log, to be read once.
pub(super) struct Recovery<'a> {
    pub(super) setup: &'a Setup,
    pub(super) signed: &'a Checkpoint,
    /// The tree over what was dropped.
    pub(super) base: &'a CompactRange,
}

/// A segment that was read.
struct Scan {
    range: CompactRange,
    start: CompactRange,
    stored: Vec<Hash>,
    index: SegmentIndex,
    open: BTreeMap<u64, CallId>,
    last_policy: Option<Digest>,
    stop: Stop,
    /// Whether the signed root was passed, and was right.
    agrees: Option<bool>,
}

impl Recovery<'_> {
    /// Reads the last segment, compares it with the signed root, and makes it ready to be written on.
    pub(super) fn run(self) -> Result<Found, AuditError> {
        let mut segments = self.published(|published| published.segments.clone());
        loop {
            let Some(&first) = segments.last() else { return self.begin() };
            if segments.first().is_some_and(|first| *first != self.base.size()) {
                let index = self.base.size();
                let path = self.setup.layout.segment(index);
                return Err(AuditError::Damaged { path, index, problem: "it is missing" });
            }
            let bytes = self.read(first)?;
            let start = self.tree_at(first, &segments)?;
            let mut scan = self.scan(&bytes, start);
            self.check_stop(&bytes, &scan)?;
            if scan.index.offsets.is_empty() && segments.len() > 1 {
                // The power was cut between making the segment and its first record.
                let path = self.setup.layout.segment(first);
                self.setup.disk.remove(&path).map_err(AuditError::io("remove", path))?;
                segments.pop();
                continue;
            }
            if scan.stop.index < self.signed.size {
                return Err(AuditError::Shorter { records: scan.stop.index, size: self.signed.size });
            }
            if scan.agrees == Some(false) {
                // Either a record or a stored hash is not what was signed.
                let bad = crate::verify::first_bad_index(self.setup.disk.as_ref(), &self.setup.layout);
                let different = |index| AuditError::Different { index, size: self.signed.size };
                if let Some(index) = bad {
                    return Err(different(index));
                }
                let start = self.rebuild_tree(&segments)?;
                scan = self.scan(&bytes, start);
                if scan.agrees == Some(false) {
                    return Err(different(0));
                }
            }
            self.published(|published| published.segments.clone_from(&segments));
            self.make_indexes(&segments)?;
            return self.go_on(first, &bytes, scan);
        }
    }

    fn published<T>(&self, change: impl FnOnce(&mut Published) -> T) -> T {
        change(&mut self.setup.published.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn read(&self, first: u64) -> Result<Vec<u8>, AuditError> {
        let path = self.setup.layout.segment(first);
        self.setup.disk.read(&path).map_err(AuditError::io("read", path))
    }

    /// A log without segments.
    fn begin(&self) -> Result<Found, AuditError> {
        if self.signed.size > 0 || self.base.size() > 0 {
            return Err(AuditError::Shorter { records: 0, size: self.signed.size });
        }
        let directory = self.setup.layout.directory();
        let active = new_segment(self.setup, CompactRange::default(), true)
            .map_err(AuditError::io("begin a segment in", directory))?;
        self.published(|published| {
            published.segments = vec![0];
            published.active_length = active.length;
        });
        let (range, open) = (CompactRange::default(), BTreeMap::new());
        Ok(Found { range, active, open, last_policy: None, torn_bytes: 0 })
    }

    /// The tree before the segment: from the file `tree`, else from the segments.
    fn tree_at(&self, first: u64, segments: &[u64]) -> Result<CompactRange, AuditError> {
        if first == self.base.size() {
            return Ok(self.base.clone());
        }
        let path = self.setup.layout.tree();
        let mut ends = true;
        let range = CompactRange::from_nodes(first, |level, index| {
            let at = position_of(level, index) * HASH_BYTES as u64;
            let bytes = self.setup.disk.read_at(&path, at, HASH_BYTES).unwrap_or_default();
            Hash::try_from(bytes).map_err(|_| ends = false)
        });
        match range {
            Ok(range) if ends => Ok(range),
            _ => self.rebuild_tree(segments),
        }
    }

    /// Makes the file `tree` anew from the segments before the last. Returns the tree over them.
    fn rebuild_tree(&self, segments: &[u64]) -> Result<CompactRange, AuditError> {
        let path = self.setup.layout.tree();
        let failed = |action| AuditError::io(action, path.clone());
        // The hashes of what was dropped stay: nothing is left to make them of.
        let mut file = open_or_create(self.setup.disk.as_ref(), &path).map_err(failed("make"))?;
        let mut range = self.base.clone();
        let mut at = stored_count(range.size()) * HASH_BYTES as u64;
        file.set_length(at).map_err(failed("cut"))?;
        for &first in segments.split_last().map_or([].as_slice(), |(_, before)| before) {
            let bytes = self.read(first)?;
            let mut stored = Vec::new();
            let mut walk = Walk::new(&bytes, first);
            walk.by_ref().for_each(|(_, frame)| range.push(frame.leaf, |hash| stored.push(hash)));
            let stop = walk.stop();
            if stop.reason != BadFrame::End || stop.index != range.size() {
                return Err(self.damaged(first, stop));
            }
            write_all_at(file.as_mut(), at, &stored.concat()).map_err(failed("write"))?;
            at += (stored.len() * HASH_BYTES) as u64;
        }
        if segments.last().is_some_and(|last| *last != range.size()) {
            let index = range.size();
            return Err(AuditError::Damaged {
                path: self.setup.layout.segment(index),
                index,
                problem: "it is missing",
            });
        }
        Ok(range)
    }

    fn scan(&self, bytes: &[u8], start: CompactRange) -> Scan {
        let first = start.size();
        let mut scan = Scan {
            range: start.clone(),
            start,
            stored: Vec::new(),
            index: SegmentIndex::new(first),
            open: BTreeMap::new(),
            last_policy: None,
            stop: Stop { index: first, offset: 0, reason: BadFrame::End },
            agrees: None,
        };
        let signed = self.signed;
        let check = |range: &CompactRange| (range.size() == signed.size).then(|| range.root() == signed.root);
        scan.agrees = check(&scan.range);
        let mut walk = Walk::new(bytes, first);
        let mut carried_records = 0;
        for (offset, frame) in walk.by_ref() {
            scan.range.push(frame.leaf, |hash| scan.stored.push(hash));
            scan.agrees = scan.agrees.or_else(|| check(&scan.range));
            let header = frame.header;
            scan.index.push(offset as u64, header.call);
            match (header.event, header.call, header.intent) {
                (Event::Intent, Some(call), _) => {
                    scan.open.insert(header.index, call);
                }
                (Event::Outcome | Event::Abandoned, _, Some(intent)) => {
                    scan.open.remove(&intent);
                }
                (Event::PolicyLoaded, ..) => scan.last_policy = record::policy_loaded(frame.record),
                (Event::Checkpoint, ..) => {
                    let carried = read_carried(frame.record).unwrap_or_default();
                    scan.last_policy = carried.last_policy;
                    scan.open.extend(carried.open);
                    carried_records = carried.records;
                }
                _ => {}
            }
        }
        scan.stop = walk.stop();
        if scan.stop.index < first + carried_records {
            // What is carried over was written at once: a part of it was never synced.
            scan.index.offsets.clear();
        }
        scan
    }

    /// Only what was never synced may be broken.
    fn check_stop(&self, bytes: &[u8], scan: &Scan) -> Result<(), AuditError> {
        let stop = scan.stop;
        let torn = match stop.reason {
            BadFrame::End => return Ok(()),
            BadFrame::Incomplete | BadFrame::Damaged(_) => !was_durable(bytes, stop),
        };
        // A signature is made after the sync: what it covers was durable.
        if torn && stop.index >= self.signed.size {
            return Ok(());
        }
        if stop.reason == BadFrame::Incomplete && stop.index < self.signed.size && torn {
            return Err(AuditError::Shorter { records: stop.index, size: self.signed.size });
        }
        Err(self.damaged(scan.start.size(), stop))
    }

    fn damaged(&self, first: u64, stop: Stop) -> AuditError {
        let problem = match stop.reason {
            BadFrame::End => "it is missing",
            BadFrame::Incomplete => "it breaks off",
            BadFrame::Damaged(problem) => problem,
        };
        AuditError::Damaged { path: self.setup.layout.segment(first), index: stop.index, problem }
    }

    /// Finished segments without a usable index get one.
    fn make_indexes(&self, segments: &[u64]) -> Result<(), AuditError> {
        for &first in segments.split_last().map_or([].as_slice(), |(_, before)| before) {
            let path = self.setup.layout.index(first);
            let there = self.setup.disk.length(&path).is_ok_and(|length| length > 0);
            if !there {
                let index = SegmentIndex::of(&self.read(first)?, first).to_bytes();
                replace(self.setup.disk.as_ref(), &path, &index).map_err(AuditError::io("write", path))?;
            }
        }
        Ok(())
    }

    /// Cuts the torn tail and makes the segment ready to be written on.
    fn go_on(&self, first: u64, bytes: &[u8], scan: Scan) -> Result<Found, AuditError> {
        let layout = &self.setup.layout;
        let disk = self.setup.disk.as_ref();
        let path = layout.segment(first);
        if scan.index.offsets.is_empty() {
            let active = new_segment(self.setup, scan.start, true).map_err(AuditError::io("begin", path))?;
            self.published(|published| published.active_length = active.length);
            return Ok(Found {
                range: scan.range,
                active,
                open: scan.open,
                last_policy: scan.last_policy,
                torn_bytes: 0,
            });
        }
        let length = scan.stop.offset as u64;
        let torn = bytes.get(scan.stop.offset..).unwrap_or_default();
        let torn_bytes = torn.iter().rposition(|byte| *byte != 0).map_or(0, |at| at as u64 + 1);
        let mut file = disk.open(&path).map_err(AuditError::io("open", &path))?;
        file.set_length(length).and_then(|()| file.sync()).map_err(AuditError::io("cut", &path))?;
        match file.allocate(self.setup.pace.segment_bytes.max(length)) {
            Err(error) if is_full(&error) => file.set_length(length),
            other => other,
        }
        .and_then(|()| file.sync())
        .map_err(AuditError::io("take space for", &path))?;
        // The segment is written again: what was made when it was finished no longer fits.
        for derived in [layout.index(first), layout.search(first)] {
            match disk.remove(&derived) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(AuditError::io("remove", derived)(error));
                }
                _ => {}
            }
        }
        let (notes, notes_length) = self.open_notes(first)?;
        self.published(|published| {
            published.size = scan.range.size();
            published.active_length = length;
            published.written = stored_count(first);
            published.unwritten = scan.stored;
        });
        let active =
            Active { first, file, length, start: scan.start, index: scan.index, notes, notes_length };
        Ok(Found { range: scan.range, active, open: scan.open, last_policy: scan.last_policy, torn_bytes })
    }

    /// The history of the segment, cut behind its last whole note.
    fn open_notes(&self, first: u64) -> Result<(Box<dyn DiskFile>, u64), AuditError> {
        let path = self.setup.layout.notes(first);
        let disk = self.setup.disk.as_ref();
        let history = read_if_there(disk, &path).map_err(AuditError::io("read", &path))?.unwrap_or_default();
        let chain = self.published(|published| std::sync::Arc::clone(&published.chain));
        let text = String::from_utf8_lossy(&history);
        let length: usize = notes_in(&text).take_while(|note| chain.open(note).is_ok()).map(str::len).sum();
        let mut file = open_or_create(disk, &path).map_err(AuditError::io("open", &path))?;
        file.set_length(length as u64).map_err(AuditError::io("cut", path))?;
        Ok((file, length as u64))
    }
}
