//! What a check reads: public key, signed notes, segments, stored leaf hashes; from a directory or
//! from an export.

use super::VerifyError;
use super::export::{END, EXPORT_HEAD};
use crate::disk::{Disk, read_if_there};
use crate::layout::Layout;
use crate::tree::{HASH_BYTES, Hash, position_of};
use std::path::{Path, PathBuf};

/// Bytes of a section's line in an export: two numbers and a word.
const MAX_LINE_BYTES: usize = 128;
/// Bytes of stored hashes that are read at once.
const WINDOW_BYTES: usize = 1024 * 1024;

/// A stretch of a file.
#[derive(Clone, Debug)]
pub(super) struct Place {
    path: PathBuf,
    offset: u64,
    length: u64,
}

impl Place {
    pub(super) fn read(&self, disk: &dyn Disk) -> Result<Vec<u8>, VerifyError> {
        let length = usize::try_from(self.length).unwrap_or(usize::MAX);
        disk.read_at(&self.path, self.offset, length).map_err(VerifyError::io(&self.path))
    }
}

/// A log's public parts.
#[derive(Debug)]
pub(super) struct Material {
    pub(super) public_key: Option<String>,
    /// Which key followed which.
    pub(super) rotations: String,
    /// The tree over what was dropped, as text.
    pub(super) base: String,
    /// Signed notes, each with a name for messages.
    pub(super) notes: Vec<(String, String)>,
    /// First index and bytes.
    pub(super) segments: Vec<(u64, Place)>,
    /// The file `tree`.
    pub(super) tree: Option<PathBuf>,
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Material {
    pub(super) fn of_directory(disk: &dyn Disk, layout: &Layout) -> Result<Self, VerifyError> {
        let directory = layout.directory();
        let read = |path: &Path| read_if_there(disk, path).map_err(VerifyError::io(path));
        // The checkpoint first: a log that is being written may grow past it meanwhile, never the reverse.
        let latest = read(&layout.checkpoint())?;
        let names = disk.list(directory).map_err(VerifyError::io(directory))?;
        let firsts = Layout::segments(&names);
        let public_key = read(&layout.public_key())?.map(|key| text(&key));
        let base = text(&read(&layout.base())?.unwrap_or_default());
        let rotations = text(&read(&layout.rotations())?.unwrap_or_default());
        if firsts.is_empty() && latest.is_none() {
            return Err(VerifyError::NoLog { path: directory.to_owned() });
        }
        let mut notes =
            vec![("the checkpoint".to_owned(), latest.map(|note| text(&note)).unwrap_or_default())];
        let mut segments = Vec::with_capacity(firsts.len());
        for first in firsts {
            let history = text(&read(&layout.notes(first))?.unwrap_or_default());
            for (number, note) in crate::note::notes_in(&history).enumerate() {
                notes.push((format!("checkpoint {} of segment {first}", number + 1), note.to_owned()));
            }
            let path = layout.segment(first);
            let length = disk.length(&path).map_err(VerifyError::io(&path))?;
            segments.push((first, Place { path, offset: 0, length }));
        }
        Ok(Self { public_key, rotations, base, notes, segments, tree: Some(layout.tree()) })
    }

    pub(super) fn of_export(disk: &dyn Disk, path: &Path) -> Result<Self, VerifyError> {
        let no_log = || VerifyError::NoLog { path: path.to_owned() };
        let mut at = 0u64;
        let mut line = || -> Result<(String, u64), VerifyError> {
            let bytes = disk.read_at(path, at, MAX_LINE_BYTES).map_err(VerifyError::io(path))?;
            let end = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(no_log)?;
            let line = text(bytes.get(..end).unwrap_or_default());
            let words: Vec<&str> = line.split(' ').collect();
            let length = match words.as_slice() {
                ["notes" | "keys" | "base", length] | ["segment", _, length] => {
                    length.parse().map_err(|_| no_log())?
                }
                _ => 0,
            };
            let content = at + end as u64 + 1;
            at = content.checked_add(length).ok_or_else(no_log)?;
            Ok((line, content))
        };
        if line()?.0 != EXPORT_HEAD {
            return Err(no_log());
        }
        let mut material = Self {
            public_key: Some(line()?.0),
            rotations: String::new(),
            base: String::new(),
            notes: Vec::new(),
            segments: Vec::new(),
            tree: None,
        };
        loop {
            let (head, offset) = line()?;
            let number = |text: &str| text.parse::<u64>().map_err(|_| no_log());
            match head.split(' ').collect::<Vec<_>>().as_slice() {
                ["keys", length] => {
                    let place = Place { path: path.to_owned(), offset, length: number(length)? };
                    material.rotations = text(&place.read(disk)?);
                }
                ["base", length] => {
                    let place = Place { path: path.to_owned(), offset, length: number(length)? };
                    material.base = text(&place.read(disk)?);
                }
                ["notes", length] => {
                    let place = Place { path: path.to_owned(), offset, length: number(length)? };
                    let history = text(&place.read(disk)?);
                    let notes = crate::note::notes_in(&history).enumerate();
                    material.notes.extend(
                        notes.map(|(at, note)| {
                            (format!("checkpoint {} of the export", at + 1), note.to_owned())
                        }),
                    );
                }
                ["segment", first, length] => {
                    let place = Place { path: path.to_owned(), offset, length: number(length)? };
                    material.segments.push((number(first)?, place));
                }
                [END] => return Ok(material),
                _ => return Err(no_log()),
            }
        }
    }
}

/// The stored leaf hashes, in order.
pub(super) struct StoredLeaves<'a> {
    disk: &'a dyn Disk,
    path: &'a Path,
    window: Vec<u8>,
    window_at: u64,
}

impl<'a> StoredLeaves<'a> {
    pub(super) fn new(disk: &'a dyn Disk, path: &'a Path) -> Self {
        Self { disk, path, window: Vec::new(), window_at: 0 }
    }

    /// The stored hash of the leaf; `None` behind the file's end.
    pub(super) fn leaf(&mut self, index: u64) -> Option<Hash> {
        let at = position_of(0, index) * HASH_BYTES as u64;
        if self.in_window(at).is_none() {
            self.window = self.disk.read_at(self.path, at, WINDOW_BYTES).ok()?;
            self.window_at = at;
        }
        self.in_window(at)
    }

    fn in_window(&self, at: u64) -> Option<Hash> {
        let from = usize::try_from(at.checked_sub(self.window_at)?).ok()?;
        self.window.get(from..)?.first_chunk().copied()
    }
}
