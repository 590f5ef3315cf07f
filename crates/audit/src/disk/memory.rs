//! A disk in memory that forgets what was not synced, for tests.
//!
//! It has the two memories of a real one, what the system shows and what is durable, and can be told
//! to fail: from a given operation on (the power is cut), on syncs, when full, or to write a little
//! at a time.

use super::{DirectoryLock, Disk, DiskFile};
use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The piece of a file that a disk writes whole.
const SECTOR: usize = 512;

/// What becomes of unsynced changes when the power is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// All are lost.
    DropAll,
    /// A part of them was written, in order.
    KeepPrefix,
    /// Any sectors of them were written.
    KeepSectors,
}

#[derive(Clone)]
enum Change {
    Write(u64, Vec<u8>),
    Length(u64),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Length(length) => content.resize(*length as usize, 0),
            Self::Write(offset, bytes) => {
                let (from, to) = (*offset as usize, *offset as usize + bytes.len());
                if content.len() < to {
                    content.resize(to, 0);
                }
                content[from..to].copy_from_slice(bytes);
            }
        }
    }
}

#[derive(Clone, Default)]
struct Content {
    shown: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Default)]
struct State {
    names: HashMap<PathBuf, u64>,
    durable_names: HashMap<PathBuf, u64>,
    contents: HashMap<u64, Content>,
    next: u64,
    locked: HashSet<PathBuf>,
    operations: u64,
    syncs: u64,
    cut_at: Option<u64>,
    failing_syncs: u64,
    failing_writes: u64,
    max_write: Option<usize>,
    capacity: Option<u64>,
}

impl State {
    /// Counts an operation; fails it once the power is cut.
    fn step(&mut self) -> io::Result<()> {
        self.operations += 1;
        match self.cut_at {
            Some(at) if self.operations > at => Err(io::Error::other("the power is cut")),
            _ => Ok(()),
        }
    }

    fn id(&self, path: &Path) -> io::Result<u64> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn content(&mut self, id: u64) -> &mut Content {
        self.contents.entry(id).or_default()
    }

    fn used(&self) -> u64 {
        let ids: HashSet<u64> = self.names.values().copied().collect();
        ids.iter().map(|id| self.contents[id].shown.len() as u64).sum()
    }

    /// Fails if the disk cannot hold `more` bytes.
    fn room(&self, more: u64) -> io::Result<()> {
        match self.capacity {
            Some(capacity) if self.used() + more > capacity => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    fn change(&mut self, id: u64, change: Change) -> io::Result<()> {
        let end = match &change {
            Change::Write(offset, bytes) => offset + bytes.len() as u64,
            Change::Length(length) => *length,
        };
        let grows = end.saturating_sub(self.content(id).shown.len() as u64);
        self.room(grows)?;
        let content = self.content(id);
        change.apply(&mut content.shown);
        content.unsynced.push(change);
        Ok(())
    }
}

/// The disk. Copies share it.
#[derive(Clone, Default)]
pub(crate) struct MemoryDisk(Arc<Mutex<State>>);

impl MemoryDisk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts the power after `operations` more.
    pub(crate) fn cut_after(&self, operations: u64) {
        let mut state = self.state();
        state.cut_at = Some(state.operations + operations);
    }

    pub(crate) fn is_cut(&self) -> bool {
        let state = self.state();
        state.cut_at.is_some_and(|at| state.operations > at)
    }

    pub(crate) fn syncs(&self) -> u64 {
        self.state().syncs
    }

    /// Has the next `count` syncs of files fail, each forgetting what it should have written.
    pub(crate) fn fail_syncs(&self, count: u64) {
        self.state().failing_syncs = count;
    }

    /// Has the next `count` writes fail.
    pub(crate) fn fail_writes(&self, count: u64) {
        self.state().failing_writes = count;
    }

    /// Writes at most `bytes` at a time.
    pub(crate) fn write_little(&self, bytes: usize) {
        self.state().max_write = Some(bytes);
    }

    /// Leaves room for `bytes` more; `None` for any number.
    pub(crate) fn leave_room(&self, bytes: Option<u64>) {
        let mut state = self.state();
        state.capacity = bytes.map(|bytes| state.used() + bytes);
    }

    /// What the system shows of a file.
    pub(crate) fn shown(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        state.id(path).ok().map(|id| state.contents[&id].shown.clone())
    }

    /// Changes a file from outside, durably.
    pub(crate) fn put(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        let id = state.id(path).unwrap();
        let content = Content { shown: bytes.to_vec(), durable: bytes.to_vec(), unsynced: Vec::new() };
        state.contents.insert(id, content);
    }

    /// The disk as it is after the power came back. `chance` draws a number below its argument.
    pub(crate) fn after_cut(&self, cut: Cut, mut chance: impl FnMut(usize) -> usize) -> Self {
        let state = self.state();
        let mut contents = HashMap::new();
        let mut ids: Vec<u64> = state.contents.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            let content = &state.contents[&id];
            let mut durable = content.durable.clone();
            for change in survivors(&content.unsynced, cut, &mut chance) {
                change.apply(&mut durable);
            }
            contents.insert(id, Content { shown: durable.clone(), durable, unsynced: Vec::new() });
        }
        let names = state.durable_names.clone();
        let next = state.next;
        Self(Arc::new(Mutex::new(State {
            durable_names: names.clone(),
            names,
            contents,
            next,
            ..State::default()
        })))
    }
}

fn survivors(changes: &[Change], cut: Cut, chance: &mut impl FnMut(usize) -> usize) -> Vec<Change> {
    match cut {
        Cut::DropAll => Vec::new(),
        Cut::KeepPrefix => {
            let whole = chance(changes.len() + 1);
            let mut kept = changes[..whole].to_vec();
            if let Some(Change::Write(offset, bytes)) = changes.get(whole) {
                kept.push(Change::Write(*offset, bytes[..chance(bytes.len() + 1)].to_vec()));
            }
            kept
        }
        Cut::KeepSectors => {
            let mut kept = Vec::new();
            for change in changes {
                match change {
                    Change::Length(_) => kept.push(change.clone()),
                    Change::Write(offset, bytes) => {
                        let first = SECTOR - *offset as usize % SECTOR;
                        let (head, rest) = bytes.split_at(first.min(bytes.len()));
                        let mut at = *offset;
                        for sector in std::iter::once(head).chain(rest.chunks(SECTOR)) {
                            if chance(2) == 0 {
                                kept.push(Change::Write(at, sector.to_vec()));
                            }
                            at += sector.len() as u64;
                        }
                    }
                }
            }
            kept
        }
    }
}

struct MemoryLock(MemoryDisk, PathBuf);

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.0.state().locked.remove(&self.1);
    }
}

impl Disk for MemoryDisk {
    fn make_directory(&self, _path: &Path) -> io::Result<()> {
        self.state().step()
    }

    fn lock(&self, path: &Path) -> io::Result<DirectoryLock> {
        if !self.state().locked.insert(path.to_owned()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(MemoryLock(self.clone(), path.to_owned())))
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let mut state = self.state();
        state.step()?;
        let inside = state.names.keys().filter(|path| path.parent() == Some(directory));
        Ok(inside.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut state = self.state();
        state.step()?;
        let id = state.id(path)?;
        Ok(state.content(id).shown.clone())
    }

    fn read_at(&self, path: &Path, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let bytes = self.read(path)?;
        let from = bytes.len().min(offset as usize);
        let to = bytes.len().min(from.saturating_add(length));
        Ok(bytes[from..to].to_vec())
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        Ok(self.read(path)?.len() as u64)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.state();
        state.step()?;
        let id = match state.id(path) {
            Ok(id) => {
                state.change(id, Change::Length(0))?;
                id
            }
            Err(_) => {
                state.next += 1;
                let id = state.next;
                state.names.insert(path.to_owned(), id);
                state.contents.insert(id, Content::default());
                id
            }
        };
        Ok(Box::new(MemoryFile(self.clone(), id)))
    }

    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        if self.state().id(path).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.create(path)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.state();
        state.step()?;
        Ok(Box::new(MemoryFile(self.clone(), state.id(path)?)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        let id = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), id);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        state.names.remove(path).map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_directory(&self, _path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        state.durable_names = state.names.clone();
        Ok(())
    }

    fn free_bytes(&self, _path: &Path) -> io::Result<u64> {
        let mut state = self.state();
        state.step()?;
        Ok(state.capacity.map_or(u64::MAX, |capacity| capacity.saturating_sub(state.used())))
    }
}

struct MemoryFile(MemoryDisk, u64);

impl DiskFile for MemoryFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.0.state();
        state.step()?;
        if state.failing_writes > 0 {
            state.failing_writes -= 1;
            return Err(io::Error::other("the disk does not write"));
        }
        let count = bytes.len().min(state.max_write.unwrap_or(usize::MAX));
        state.change(self.1, Change::Write(offset, bytes[..count].to_vec()))?;
        Ok(count)
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.0.state();
        state.step()?;
        state.syncs += 1;
        let fails = state.failing_syncs > 0;
        state.failing_syncs = state.failing_syncs.saturating_sub(1);
        let content = state.content(self.1);
        let changes = std::mem::take(&mut content.unsynced);
        if fails {
            // The system still shows the bytes and believes them written.
            return Err(io::Error::other("the disk does not sync"));
        }
        changes.iter().for_each(|change| change.apply(&mut content.durable));
        Ok(())
    }

    fn set_length(&mut self, length: u64) -> io::Result<()> {
        let mut state = self.0.state();
        state.step()?;
        state.change(self.1, Change::Length(length))
    }

    fn allocate(&mut self, length: u64) -> io::Result<()> {
        let mut state = self.0.state();
        state.step()?;
        let now = state.content(self.1).shown.len() as u64;
        state.change(self.1, Change::Length(length.max(now)))
    }

    fn forget_cache(&mut self) -> io::Result<()> {
        let mut state = self.0.state();
        state.step()?;
        // What was never written is gone once the copy in memory is.
        let content = state.content(self.1);
        if content.unsynced.is_empty() {
            content.shown = content.durable.clone();
        }
        Ok(())
    }
}
