//! Coming back from a failed write: the files are brought to their last synced state and read again.
//!
//! A failed sync may have dropped the pages that it could not write and marked them clean. So nothing
//! is synced a second time: what was not durable is cut off, what was is read again from the disk and
//! compared with the tree, and the log goes on in a new file.

use crate::AuditError;
use crate::disk::Disk;
use crate::log::files::{LogFiles, new_segment};
use crate::segment::Walk;
use std::io;

impl LogFiles {
    /// Brings the files back to what is durable. The log may go on after `Ok`.
    pub(crate) fn restore(&mut self) -> Result<(), AuditError> {
        self.restore_subjects()?;
        self.settle_rotation()?;
        let path = self.setup.layout.segment(self.active.first);
        let failed = |action| AuditError::io(action, path.clone());
        let mut file = self.setup.disk.open(&path).map_err(failed("open"))?;
        // Best effort: a reading from memory is still compared with the tree.
        let _still_cached = file.forget_cache();
        self.compare()?;
        file.set_length(self.active.length).and_then(|()| file.sync()).map_err(failed("cut"))?;
        self.active.file = file;
        let directory = self.setup.layout.directory().to_owned();
        self.tree = open_or_create(self.setup.disk.as_ref(), &self.setup.layout.tree())
            .map_err(AuditError::io("open", self.setup.layout.tree()))?;
        if self.active.has_records() {
            let notes = self.setup.layout.notes(self.active.first);
            self.active.notes =
                open_or_create(self.setup.disk.as_ref(), &notes).map_err(AuditError::io("open", notes))?;
            self.roll().map_err(AuditError::io("begin a segment in", directory))
        } else {
            self.active = new_segment(&self.setup, self.range.clone(), self.has_reserve)
                .map_err(AuditError::io("begin a segment in", directory))?;
            Ok(())
        }
    }

    /// Gives the reserved space to the operator's own events.
    pub(crate) fn give_up_reserve(&mut self) {
        self.has_reserve = false;
        let removed = self.setup.disk.remove(&self.setup.layout.reserve());
        let removed = removed.and_then(|()| self.setup.disk.sync_directory(self.setup.layout.directory()));
        if let Err(error) = removed {
            tracing::warn!(%error, "the audit log's reserve was not given up");
        }
    }

    /// Takes the reserved space again, if a segment fits beside it. True if the log is whole again.
    pub(crate) fn retake_reserve(&mut self) -> bool {
        let directory = self.setup.layout.directory();
        let wanted = self.setup.reserve_bytes + self.setup.pace.segment_bytes;
        if self.has_reserve || !self.setup.disk.free_bytes(directory).is_ok_and(|free| free >= wanted) {
            return self.has_reserve;
        }
        self.has_reserve = self.make_reserve().is_ok();
        self.has_reserve
    }

    fn make_reserve(&self) -> io::Result<()> {
        if self.setup.reserve_bytes == 0 {
            return Ok(());
        }
        let path = self.setup.layout.reserve();
        let mut file = self.setup.disk.create(&path)?;
        let made = file.allocate(self.setup.reserve_bytes).and_then(|()| file.sync());
        if made.is_err() {
            let _left_over = self.setup.disk.remove(&path);
        }
        made
    }

    fn restore_subjects(&mut self) -> Result<(), AuditError> {
        let path = self.setup.layout.subjects();
        self.settle_erasure().map_err(AuditError::io("finish an erasure in", path.clone()))?;
        let cut = self.setup.disk.open(&path).and_then(|mut file| {
            file.set_length(self.subjects_length)?;
            file.sync()?;
            Ok(file)
        });
        self.subjects = cut.map_err(AuditError::io("cut", path))?;
        Ok(())
    }

    /// Reads the durable part of the segment and compares it with the tree.
    fn compare(&self) -> Result<(), AuditError> {
        let path = self.setup.layout.segment(self.active.first);
        let bytes = self.setup.disk.read(&path).map_err(AuditError::io("read", path.clone()))?;
        let durable = bytes.get(..self.active.length as usize).unwrap_or(&bytes);
        let mut range = self.active.start.clone();
        let mut walk = Walk::new(durable, self.active.first);
        walk.by_ref().for_each(|(_, frame)| range.push(frame.leaf, |_| ()));
        if range == self.range {
            return Ok(());
        }
        Err(AuditError::Damaged { path, index: walk.stop().index, problem: "it is not what was written" })
    }
}

/// The file, made if it is missing.
pub(crate) fn open_or_create(
    disk: &dyn Disk,
    path: &std::path::Path,
) -> io::Result<Box<dyn crate::disk::DiskFile>> {
    match disk.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => disk.create(path),
        other => other,
    }
}
