//! Destroying a subject's key: a new subjects file under a new wrapping key takes the place of the old
//! one, which is overwritten, and so is the old wrapping key.
//!
//! INVARIANT: the log takes no record while it is not known which of the two files is in place.

use crate::disk::{finish_replacing, replace_and_overwrite};
use crate::log::files::LogFiles;
use crate::subjects::SubjectName;
use std::io;

impl LogFiles {
    /// Destroys the key. False if nobody has that name. After an error the log has to be restored.
    pub(crate) fn erase(&mut self, name: &SubjectName) -> io::Result<bool> {
        self.erasing = self.setup.subjects.without(name).map_err(io::Error::other)?;
        let Some(erasure) = &self.erasing else { return Ok(false) };
        let path = self.setup.layout.subjects();
        let replaced = replace_and_overwrite(self.setup.disk.as_ref(), &path, erasure.file.as_bytes());
        let erased = self.settle_erasure()?;
        replaced.map(|()| erased)
    }

    /// Finds out which subjects file is in place and goes on with it. True if a subject is erased now.
    pub(crate) fn settle_erasure(&mut self) -> io::Result<bool> {
        let path = self.setup.layout.subjects();
        finish_replacing(self.setup.disk.as_ref(), &path)?;
        let Some(erasure) = &self.erasing else { return Ok(false) };
        let in_place = self.setup.disk.read(&path)? == erasure.file.as_bytes();
        let file = self.setup.disk.open(&path)?;
        let Some(erasure) = self.erasing.take().filter(|_| in_place) else { return Ok(false) };
        self.subjects = file;
        self.subjects_length = erasure.file.len() as u64;
        self.setup.subjects.erased(erasure).map_err(io::Error::other)?;
        Ok(true)
    }
}
