//! Opening the log: lock, signed checkpoint, subjects, segments, reserve, calls that were left open.
//!
//! A full check of all segments is `verify`'s work; what the segments say is `recovery`'s.

use crate::chain::KeyChain;
use crate::disk::{DirectoryLock, Disk, SharedDisk, finish_replacing, read_if_there, replace};
use crate::layout::Layout;
use crate::limits::MIB;
use crate::log::dropping::settled_base;
use crate::log::files::{LogFiles, Published, Setup};
use crate::log::inbox::OpenCall;
use crate::log::recovery::Recovery;
use crate::log::restore::open_or_create;
use crate::log::rotating::{publish_key, settled_chain};
use crate::note::Checkpoint;
use crate::read::Reader;
use crate::record::{self, Actor};
use crate::subjects::Subjects;
use crate::tree::CompactRange;
use crate::{AuditConfig, AuditError, NoteError};
use domain::{ClientId, Clock, TenantId, ToolName};
use secrets::KeyStore;
use serde::Deserialize;
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
    let base = settled_base(disk.as_ref(), &layout)?;
    let names = disk.list(&directory).map_err(AuditError::io("list", &directory))?;
    let segments = Layout::segments(&names);
    let chain = settled_chain(disk.as_ref(), &layout, &origin, keys)?;
    let signed = signed_checkpoint(disk.as_ref(), &layout, &chain, keys, segments.is_empty())?;
    publish_key(disk.as_ref(), &layout, chain.last())
        .map_err(AuditError::io("write", layout.public_key()))?;

    finish_replacing(disk.as_ref(), &layout.subjects())
        .map_err(AuditError::io("finish an erasure in", layout.subjects()))?;
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
        chain: Arc::new(chain),
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
    let found = Recovery { setup: &setup, signed: &signed.checkpoint, base: &base }.run()?;
    let tree = open_or_create(setup.disk.as_ref(), &setup.layout.tree())
        .map_err(AuditError::io("open", setup.layout.tree()))?;
    let mut files = LogFiles {
        setup,
        range: found.range,
        active: found.active,
        tree,
        subjects: subjects_file,
        subjects_length,
        erasing: None,
        has_reserve: false,
        signed: signed.checkpoint.size,
        signed_at: Instant::now(),
        open: found.open,
        last_policy: found.last_policy,
        buffer: Vec::new(),
    };
    let has_room = files.claim_reserve();
    let open_calls = open_calls(&files)?;
    Ok(Started { files, lock, open_calls, torn_bytes: found.torn_bytes, created, has_room })
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
    chain: &KeyChain,
    keys: &KeyStore,
    is_new: bool,
) -> Result<Signed, AuditError> {
    let path = layout.checkpoint();
    let text = read_if_there(disk, &path).map_err(AuditError::io("read", &path))?;
    let text = text.map(|text| String::from_utf8_lossy(&text).into_owned());
    if let Some(note) = text {
        let checkpoint = chain.open(&note).map_err(AuditError::Checkpoint)?;
        return Ok(Signed { checkpoint, note });
    }
    if !is_new {
        return Err(AuditError::Checkpoint(NoteError::Malformed));
    }
    let origin = chain.last().name.clone();
    let checkpoint = Checkpoint { origin, size: 0, root: CompactRange::default().root() };
    let note = checkpoint.sign(&keys.checkpoint())?;
    // The key first: a checkpoint without it is nobody's.
    publish_key(disk, layout, chain.last())
        .and_then(|()| replace(disk, &path, note.as_bytes()))
        .and_then(|()| disk.sync_directory(layout.directory()))
        .map_err(AuditError::io("write", &path))?;
    Ok(Signed { checkpoint, note })
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
