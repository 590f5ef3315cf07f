//! Retention: the oldest segments are dropped whole, once everything in them is old enough. Their hashes
//! stay in the file `tree`, and the tree over them in the file `base`, so that every proof holds.
//!
//! The record that says so is durable first; then `base`; then the files go. A cut of the power in between
//! is ended by the next start.

use crate::AuditError;
use crate::disk::{Disk, read_if_there, replace};
use crate::layout::Layout;
use crate::log::files::LogFiles;
use crate::record;
use crate::segment::created;
use crate::tree::{CompactRange, HASH_BYTES, Hash, position_of};
use domain::UnixMillis;
use std::io;
use std::sync::PoisonError;

/// Segments that are never dropped: the one that is written, and one more behind it.
const KEPT_SEGMENTS: usize = 2;
/// Bytes of a segment that say when it was made.
const HEADER_BYTES: usize = 32;

/// The records that were dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The first of them.
    pub first: u64,
    /// The first record that is still there.
    pub next: u64,
}

/// The tree over what was dropped; ends a dropping that was cut off.
pub(crate) fn settled_base(disk: &dyn Disk, layout: &Layout) -> Result<CompactRange, AuditError> {
    let path = layout.base();
    let Some(text) = read_if_there(disk, &path).map_err(AuditError::io("read", &path))? else {
        return Ok(CompactRange::default());
    };
    let base = CompactRange::from_text(&String::from_utf8_lossy(&text));
    let base = base.ok_or(AuditError::Damaged { path, index: 0, problem: "it is no tree" })?;
    let names = disk.list(layout.directory()).map_err(AuditError::io("list", layout.directory()))?;
    for first in Layout::segments(&names).into_iter().filter(|first| *first < base.size()) {
        remove_segment(disk, layout, first).map_err(AuditError::io("remove", layout.segment(first)))?;
    }
    Ok(base)
}

fn remove_segment(disk: &dyn Disk, layout: &Layout, first: u64) -> io::Result<()> {
    for path in [layout.index(first), layout.search(first), layout.notes(first), layout.segment(first)] {
        match disk.remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

impl LogFiles {
    /// Drops the segments that hold nothing younger than `before`. `None` if there are none.
    pub(crate) fn drop_before(&mut self, before: UnixMillis) -> Result<Option<Dropped>, AuditError> {
        let directory = self.setup.layout.directory().to_owned();
        let failed = |action| AuditError::io(action, directory.clone());
        let segments = self.setup.published.lock().unwrap_or_else(PoisonError::into_inner).segments.clone();
        let Some(&first) = segments.first() else { return Ok(None) };
        let droppable = segments.len().saturating_sub(KEPT_SEGMENTS);
        let mut next = first;
        // A segment was finished when the one behind it was made.
        for behind in segments.iter().skip(1).take(droppable) {
            let path = self.setup.layout.segment(*behind);
            let header = self.setup.disk.read_at(&path, 0, HEADER_BYTES).map_err(failed("read"))?;
            if created(&header, *behind).is_none_or(|made| made.0 > before.0) {
                break;
            }
            next = *behind;
        }
        if next == first {
            return Ok(None);
        }
        let base = self.tree_over(next)?;
        let made = record::dropped(first, next, &base.root(), self.setup.clock.now());
        let mut records = [made.map_err(|error| failed("write")(io::Error::other(error)))?];
        self.append(&mut records).map_err(failed("write"))?;
        let disk = self.setup.disk.as_ref();
        replace(disk, &self.setup.layout.base(), base.to_text().as_bytes())
            .and_then(|()| disk.sync_directory(&directory))
            .map_err(failed("write"))?;
        self.setup
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .segments
            .retain(|first| *first >= next);
        settled_base(disk, &self.setup.layout)?;
        Ok(Some(Dropped { first, next }))
    }

    /// The tree over the first `size` records, from its file.
    fn tree_over(&self, size: u64) -> Result<CompactRange, AuditError> {
        let path = self.setup.layout.tree();
        CompactRange::from_nodes(size, |level, index| {
            let at = position_of(level, index) * HASH_BYTES as u64;
            let bytes = self.setup.disk.read_at(&path, at, HASH_BYTES);
            let bytes = bytes.map_err(AuditError::io("read", path.clone()))?;
            Hash::try_from(bytes).map_err(|_| AuditError::NoSuchRecord { index: size })
        })
    }
}
