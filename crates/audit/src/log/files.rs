//! The open files of a log that is written: append a batch, sign, go over to the next segment.
//!
//! INVARIANT: `range`, `segment.length` and `published` speak of synced bytes only. A write that
//! failed leaves them as they were; `restore` brings the files back to them.

use crate::chain::KeyChain;
use crate::config::Pace;
use crate::disk::{DiskFile, SharedDisk, replace, write_all_at};
use crate::layout::Layout;
use crate::log::inbox::Placed;
use crate::note::Checkpoint;
use crate::record::{Carried, FRAME_BYTES, Header, put_frame, rolled, set_index};
use crate::segment::segment_header;
use crate::segment_index::SegmentIndex;
use crate::subjects::{Erasure, Subjects};
use crate::tree::{CompactRange, HASH_BYTES, Hash};
use domain::{CallId, Clock, Digest};
use secrets::KeyStore;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// What a log is made with.
pub(crate) struct Setup {
    pub(crate) disk: SharedDisk,
    pub(crate) layout: Layout,
    pub(crate) keys: KeyStore,
    pub(crate) origin: Arc<str>,
    pub(crate) pace: Pace,
    pub(crate) reserve_bytes: u64,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) subjects: Arc<Subjects>,
    pub(crate) published: Arc<Mutex<Published>>,
}

/// What readers may see: everything in it is durable.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    /// First indices of the segments.
    pub(crate) segments: Vec<u64>,
    /// Bytes of the last segment.
    pub(crate) active_length: u64,
    /// Records.
    pub(crate) size: u64,
    /// Subtrees that are not in the file `tree` yet, and how many are.
    pub(crate) unwritten: Vec<Hash>,
    pub(crate) written: u64,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) note: String,
    /// The keys that signed the log.
    pub(crate) chain: Arc<KeyChain>,
    /// Batches written and synced by this run.
    pub(crate) batches: u64,
}

/// The segment that is being written.
pub(crate) struct Active {
    pub(crate) first: u64,
    pub(crate) file: Box<dyn DiskFile>,
    /// Synced bytes.
    pub(crate) length: u64,
    /// The tree before the segment.
    pub(crate) start: CompactRange,
    pub(crate) index: SegmentIndex,
    pub(crate) notes: Box<dyn DiskFile>,
    pub(crate) notes_length: u64,
}

impl Active {
    pub(crate) fn has_records(&self) -> bool {
        !self.index.offsets.is_empty()
    }
}

/// The files.
pub(crate) struct LogFiles {
    pub(crate) setup: Setup,
    pub(crate) range: CompactRange,
    pub(crate) active: Active,
    pub(crate) tree: Box<dyn DiskFile>,
    pub(crate) subjects: Box<dyn DiskFile>,
    pub(crate) subjects_length: u64,
    /// An erasure whose file may or may not be in place.
    pub(crate) erasing: Option<Erasure>,
    pub(crate) has_reserve: bool,
    /// Records under the last signature, and when it was made.
    pub(crate) signed: u64,
    pub(crate) signed_at: Instant,
    /// Intents without an outcome.
    pub(crate) open: BTreeMap<u64, CallId>,
    pub(crate) last_policy: Option<Digest>,
    pub(crate) buffer: Vec<u8>,
}

impl LogFiles {
    /// Writes the records as one batch and syncs once. All of them are durable or none counts.
    pub(crate) fn append(&mut self, records: &mut [Vec<u8>]) -> io::Result<Vec<Placed>> {
        self.write_subjects()?;
        let bytes: usize = records.iter().map(|record| FRAME_BYTES + record.len()).sum();
        if self.active.has_records() && self.active.length + bytes as u64 > self.setup.pace.segment_bytes {
            self.roll()?;
        }
        let mut carried = self.carry()?;
        let carried_count = carried.len();
        self.buffer.clear();
        let mut range = self.range.clone();
        let mut stored = Vec::with_capacity(2 * records.len() + 2);
        let mut placed = Vec::with_capacity(records.len() + 1);
        let mut entries = Vec::with_capacity(records.len() + 1);
        for (position, record) in carried.iter_mut().chain(records.iter_mut()).enumerate() {
            let index = range.size();
            set_index(record, index);
            let offset = self.active.length + self.buffer.len() as u64;
            entries.push((offset, Header::read(record).and_then(|header| header.call)));
            let leaf = put_frame(&mut self.buffer, record, position as u32);
            range.push(leaf, |hash| stored.push(hash));
            placed.push(Placed { index, leaf });
        }
        write_all_at(self.active.file.as_mut(), self.active.length, &self.buffer)?;
        self.active.file.sync()?;

        self.active.length += self.buffer.len() as u64;
        entries.into_iter().for_each(|(offset, call)| self.active.index.push(offset, call));
        self.range = range;
        let mut published = self.setup.published.lock().unwrap_or_else(PoisonError::into_inner);
        published.size = self.range.size();
        published.active_length = self.active.length;
        published.unwritten.append(&mut stored);
        published.batches += 1;
        drop(published);
        Ok(placed.split_off(carried_count))
    }

    /// Records without a signature.
    pub(crate) const fn unsigned(&self) -> u64 {
        self.range.size() - self.signed
    }

    /// Signs the tree as it is, if it grew.
    pub(crate) fn sign(&mut self) -> io::Result<()> {
        if self.unsigned() == 0 {
            self.signed_at = Instant::now();
            return Ok(());
        }
        self.sign_now()
    }

    /// Signs the tree as it is.
    pub(crate) fn sign_now(&mut self) -> io::Result<()> {
        self.signed_at = Instant::now();
        self.write_tree()?;
        let checkpoint = Checkpoint {
            origin: self.setup.origin.to_string(),
            size: self.range.size(),
            root: self.range.root(),
        };
        let note = checkpoint.sign(&self.setup.keys.checkpoint()).map_err(io::Error::other)?;
        replace(self.setup.disk.as_ref(), &self.setup.layout.checkpoint(), note.as_bytes())?;
        write_all_at(self.active.notes.as_mut(), self.active.notes_length, note.as_bytes())?;
        self.active.notes_length += note.len() as u64;
        self.signed = checkpoint.size;
        let mut published = self.setup.published.lock().unwrap_or_else(PoisonError::into_inner);
        published.checkpoint = checkpoint;
        published.note = note;
        Ok(())
    }

    /// Finishes the segment and begins the next one.
    pub(crate) fn roll(&mut self) -> io::Result<()> {
        self.sign()?;
        self.active.file.set_length(self.active.length)?;
        self.active.file.sync()?;
        self.active.notes.sync()?;
        self.tree.sync()?;
        let layout = &self.setup.layout;
        let index = self.active.index.to_bytes();
        if let Err(error) = replace(self.setup.disk.as_ref(), &layout.index(self.active.first), &index) {
            // It is derived: the next start makes it anew.
            tracing::warn!(%error, segment = self.active.first, "the index of an audit segment was not written");
        }
        self.active = new_segment(&self.setup, self.range.clone(), self.has_reserve)?;
        let mut published = self.setup.published.lock().unwrap_or_else(PoisonError::into_inner);
        if published.segments.last() != Some(&self.active.first) {
            published.segments.push(self.active.first);
        }
        published.active_length = self.active.length;
        Ok(())
    }

    /// Signs what is unsigned and gives back the space that the segment does not need.
    pub(crate) fn close(&mut self) -> io::Result<()> {
        self.sign()?;
        self.active.file.set_length(self.active.length)?;
        self.active.file.sync()
    }

    fn write_subjects(&mut self) -> io::Result<()> {
        let lines = self.setup.subjects.pending().map_err(io::Error::other)?;
        if lines.text.is_empty() {
            return Ok(());
        }
        write_all_at(self.subjects.as_mut(), self.subjects_length, lines.text.as_bytes())?;
        self.subjects.sync()?;
        self.subjects_length += lines.text.len() as u64;
        self.setup.subjects.written(&lines);
        Ok(())
    }

    fn write_tree(&mut self) -> io::Result<()> {
        let (at, bytes) = {
            let published = self.setup.published.lock().unwrap_or_else(PoisonError::into_inner);
            (published.written, published.unwritten.concat())
        };
        write_all_at(self.tree.as_mut(), at * HASH_BYTES as u64, &bytes)?;
        let mut published = self.setup.published.lock().unwrap_or_else(PoisonError::into_inner);
        published.written += published.unwritten.len() as u64;
        published.unwritten.clear();
        Ok(())
    }

    /// The first records of a segment that is not the first.
    fn carry(&self) -> io::Result<Vec<Vec<u8>>> {
        if self.active.first == 0 || self.active.has_records() {
            return Ok(Vec::new());
        }
        let note = self.setup.published.lock().unwrap_or_else(PoisonError::into_inner).note.clone();
        let open = self.open.iter().map(|(index, call)| (*index, *call)).collect();
        let carried = Carried { note, last_policy: self.last_policy, open, records: 0 };
        rolled(&carried, self.setup.clock.now()).map_err(io::Error::other)
    }
}

/// Makes the segment that follows the tree `start`.
pub(crate) fn new_segment(setup: &Setup, start: CompactRange, has_reserve: bool) -> io::Result<Active> {
    let first = start.size();
    let mut file = setup.disk.create(&setup.layout.segment(first))?;
    match file.allocate(setup.pace.segment_bytes) {
        // On the reserve every byte counts: the segment grows as it needs.
        Err(error) if is_full(&error) && !has_reserve => file.set_length(0)?,
        other => other?,
    }
    let header = segment_header(first, setup.clock.now());
    write_all_at(file.as_mut(), 0, &header)?;
    file.sync()?;
    let notes = setup.disk.create(&setup.layout.notes(first))?;
    setup.disk.sync_directory(setup.layout.directory())?;
    Ok(Active {
        first,
        file,
        length: header.len() as u64,
        start,
        index: SegmentIndex::new(first),
        notes,
        notes_length: 0,
    })
}

/// True if the disk has no room.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
