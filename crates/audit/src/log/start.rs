//! Opening the log: lock, check against the signed checkpoint, heal a torn tail, find open calls.
//!
//! Only the last segment is read; what is before it comes from the file `tree`, which the signed
//! root proves right or which is made anew. A full check is `verify`'s work.

use crate::disk::{DirectoryLock, Disk, SharedDisk, read_if_there, replace, write_all_at};
use crate::layout::Layout;
use crate::limits::MIB;
use crate::log::files::{Active, LogFiles, Published, Setup, is_full, new_segment};
use crate::log::inbox::OpenCall;
use crate::log::restore::open_or_create;
use crate::note::{Checkpoint, VerifierKey, notes_in};
use crate::read::Reader;
use crate::record::{self, Actor, BadFrame, read_carried};
use crate::segment::{Stop, Walk, was_durable};
use crate::segment_index::SegmentIndex;
use crate::subjects::Subjects;
use crate::tree::{CompactRange, HASH_BYTES, Hash, position_of, stored_count};
use crate::{AuditConfig, AuditError, Event, NoteError};
use domain::{CallId, ClientId, Clock, Digest, TenantId, ToolName};
use secrets::KeyStore;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// An open log, and what was found.
pub(crate) struct Started {
    pub(crate) files: LogFiles,
    pub(crate) lock: DirectoryLock,
    pub(crate) open_calls: Vec<OpenCall>,
    pub(crate) torn_bytes: u64,
    pub(crate) created: bool,
    /// False if there is no room for the reserve.
    pub(crate) has_room: bool,
    pub(crate) public_key: VerifierKey,
}

/// Opens the log of `config`, or begins it.
pub(crate) fn start(
    config: &AuditConfig,
    keys: &KeyStore,
    clock: Arc<dyn Clock>,
    disk: SharedDisk,
) -> Result<Started, AuditError> {
    let origin = config.origin()?;
    let layout = Layout::new(&config.directory);
    let directory = layout.directory().to_owned();
    disk.make_directory(&directory).map_err(AuditError::io("make", &directory))?;
    let lock = disk.lock(&layout.lock()).map_err(|source| match source.kind() {
        std::io::ErrorKind::WouldBlock => AuditError::Locked { directory: directory.clone() },
        _ => AuditError::Io { action: "lock", path: layout.lock(), source },
    })?;
    let public_key = VerifierKey { name: origin.clone(), key: keys.checkpoint().public_key() };
    let names = disk.list(&directory).map_err(AuditError::io("list", &directory))?;
    let segments = Layout::segments(&names);
    let signed = signed_checkpoint(disk.as_ref(), &layout, &public_key, keys, segments.is_empty())?;

    let lines = read_if_there(disk.as_ref(), &layout.subjects())
        .map_err(AuditError::io("read", layout.subjects()))?
        .unwrap_or_default();
    let (subjects, subjects_length) = Subjects::load(&lines, keys.clone())?;
    let subjects_file = open_or_create(disk.as_ref(), &layout.subjects())
        .and_then(|mut file| file.set_length(subjects_length).map(|()| file))
        .map_err(AuditError::io("open", layout.subjects()))?;
    let created = segments.is_empty();
    let published = Published {
        segments,
        active_length: 0,
        size: 0,
        unwritten: Vec::new(),
        written: 0,
        checkpoint: signed.checkpoint.clone(),
        note: signed.note.clone(),
        batches: 0,
    };
    let setup = Setup {
        disk,
        layout,
        keys: keys.clone(),
        origin: origin.into(),
        pace: config.pace,
        reserve_bytes: config.reserve_mib.saturating_mul(MIB),
        clock,
        subjects: Arc::new(subjects),
        published: Arc::new(Mutex::new(published)),
    };
    let found = Recovery { setup: &setup, signed: &signed.checkpoint }.run()?;
    let tree = open_or_create(setup.disk.as_ref(), &setup.layout.tree())
        .map_err(AuditError::io("open", setup.layout.tree()))?;
    let mut files = LogFiles {
        setup,
        range: found.range,
        active: found.active,
        tree,
        subjects: subjects_file,
        subjects_length,
        has_reserve: false,
        signed: signed.checkpoint.size,
        signed_at: Instant::now(),
        open: found.open,
        last_policy: found.last_policy,
        buffer: Vec::new(),
    };
    let has_room = files.claim_reserve();
    let open_calls = open_calls(&files)?;
    Ok(Started { files, lock, open_calls, torn_bytes: found.torn_bytes, created, has_room, public_key })
}

impl Started {
    /// Closes the calls that an earlier run left open. Returns how many.
    pub(crate) fn close_open_calls(&mut self) -> Result<usize, AuditError> {
        let now = self.files.setup.clock.now();
        let failed = || AuditError::io("write", self.files.setup.layout.directory().to_owned());
        let made: Result<Vec<_>, _> =
            self.open_calls.iter().map(|open| record::abandoned(open, "restart", now)).collect();
        let mut records = made.map_err(|error| failed()(std::io::Error::other(error)))?;
        let count = records.len();
        // In parts, so that no write is larger than a running log's.
        for part in records.chunks_mut(crate::limits::CHECKPOINT_RECORDS as usize) {
            let failed = AuditError::io("write", self.files.setup.layout.directory().to_owned());
            self.files.append(part).map_err(failed)?;
        }
        for open in self.open_calls.drain(..) {
            self.files.open.remove(&open.index);
        }
        Ok(count)
    }
}

struct Signed {
    checkpoint: Checkpoint,
    note: String,
}

/// The log's last checkpoint; a new log gets one over nothing, so that a missing one is a loss.
fn signed_checkpoint(
    disk: &dyn Disk,
    layout: &Layout,
    key: &VerifierKey,
    keys: &KeyStore,
    is_new: bool,
) -> Result<Signed, AuditError> {
    let path = layout.checkpoint();
    let text = read_if_there(disk, &path).map_err(AuditError::io("read", &path))?;
    let text = text.map(|text| String::from_utf8_lossy(&text).into_owned());
    if let Some(note) = text {
        let checkpoint = key.open(&note).map_err(AuditError::Checkpoint)?;
        return Ok(Signed { checkpoint, note });
    }
    if !is_new {
        return Err(AuditError::Checkpoint(NoteError::Malformed));
    }
    let checkpoint = Checkpoint { origin: key.name.clone(), size: 0, root: CompactRange::default().root() };
    let note = checkpoint.sign(keys.checkpoint())?;
    replace(disk, &layout.public_key(), format!("{key}\n").as_bytes())
        .and_then(|()| replace(disk, &path, note.as_bytes()))
        .and_then(|()| disk.sync_directory(layout.directory()))
        .map_err(AuditError::io("write", &path))?;
    Ok(Signed { checkpoint, note })
}

/// What the segments say.
struct Found {
    range: CompactRange,
    active: Active,
    open: BTreeMap<u64, CallId>,
    last_policy: Option<Digest>,
    torn_bytes: u64,
}

struct Recovery<'a> {
    setup: &'a Setup,
    signed: &'a Checkpoint,
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
    fn run(self) -> Result<Found, AuditError> {
        let mut segments = self.published(|published| published.segments.clone());
        loop {
            let Some(&first) = segments.last() else { return self.begin() };
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
        if self.signed.size > 0 {
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
        let mut file = self.setup.disk.create(&path).map_err(failed("make"))?;
        let mut range = CompactRange::default();
        let mut at = 0u64;
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
                (Event::Checkpoint, ..) if header.index == first => {
                    let carried = read_carried(frame.record).unwrap_or_default();
                    scan.last_policy = carried.last_policy;
                    scan.open.extend(carried.open);
                }
                _ => {}
            }
        }
        scan.stop = walk.stop();
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
        // The segment is written again: an index made when it was finished no longer fits.
        match disk.remove(&layout.index(first)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(AuditError::io("remove", layout.index(first))(error));
            }
            _ => {}
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
    fn open_notes(&self, first: u64) -> Result<(Box<dyn crate::disk::DiskFile>, u64), AuditError> {
        let path = self.setup.layout.notes(first);
        let disk = self.setup.disk.as_ref();
        let history = read_if_there(disk, &path).map_err(AuditError::io("read", &path))?.unwrap_or_default();
        let key =
            VerifierKey { name: self.signed.origin.clone(), key: self.setup.keys.checkpoint().public_key() };
        let text = String::from_utf8_lossy(&history);
        let length: usize = notes_in(&text).take_while(|note| key.open(note).is_ok()).map(str::len).sum();
        let mut file = open_or_create(disk, &path).map_err(AuditError::io("open", &path))?;
        file.set_length(length as u64).map_err(AuditError::io("cut", path))?;
        Ok((file, length as u64))
    }
}

impl LogFiles {
    /// Takes the reserve at start. False if there is no room for it.
    fn claim_reserve(&mut self) -> bool {
        let reserve = self.setup.layout.reserve();
        let there = self.setup.disk.length(&reserve).is_ok_and(|length| length >= self.setup.reserve_bytes);
        self.has_reserve = there;
        self.retake_reserve()
    }
}

#[derive(Deserialize)]
struct CallBody {
    #[serde(default)]
    ai_agent: Option<Uid>,
    api: Api,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Uid {
    uid: ClientId,
}

#[derive(Deserialize)]
struct Api {
    operation: ToolName,
}

#[derive(Deserialize)]
struct Metadata {
    tenant_uid: TenantId,
}

/// The calls that an earlier run left open, with what their intents say.
fn open_calls(files: &LogFiles) -> Result<Vec<OpenCall>, AuditError> {
    let reader = Reader::of(&files.setup);
    let mut calls = Vec::with_capacity(files.open.len());
    for (&index, &call) in &files.open {
        let record = reader.record(index)?;
        let body = serde_json::from_slice::<CallBody>(record::json_of(&record)).ok();
        let key = record::Header::read(&record).and_then(|header| header.key);
        let subject = key.and_then(|key| files.setup.subjects.by_id(key));
        let actor = key.map(|key| Actor {
            tenant: body.as_ref().map(|body| body.metadata.tenant_uid.clone()),
            client: body.as_ref().and_then(|body| body.ai_agent.as_ref().map(|agent| agent.uid.clone())),
            key,
            subject,
        });
        calls.push(OpenCall { call, index, tool: body.map(|body| body.api.operation), actor });
    }
    Ok(calls)
}
