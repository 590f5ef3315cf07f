//! The door to the log's files: a small trait, the machine's own files, and a model of a disk for tests.
//!
//! It knows paths, bytes and syncs; it does not know what a record is. Everything above it can be
//! tested against short writes, failing syncs, a full disk and a cut of the power.

#[cfg(test)]
pub(crate) mod memory;
mod real;

pub(crate) use real::RealDisk;

use std::any::Any;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A lock on a directory, held until it is dropped.
pub(crate) type DirectoryLock = Box<dyn Any + Send + Sync>;

/// What the log asks of a file system.
pub(crate) trait Disk: Send + Sync {
    /// Makes a directory and its parents, mode 0700. Fine if it exists.
    fn make_directory(&self, path: &Path) -> io::Result<()>;
    /// Takes the exclusive lock on the file at `path`; `WouldBlock` if another holds it.
    fn lock(&self, path: &Path) -> io::Result<DirectoryLock>;
    /// Names of the entries of a directory, in no order.
    fn list(&self, directory: &Path) -> io::Result<Vec<String>>;
    /// The whole file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// At most `length` bytes from `offset`; fewer at the end of the file.
    fn read_at(&self, path: &Path, offset: u64, length: usize) -> io::Result<Vec<u8>>;
    /// The file's length in bytes.
    fn length(&self, path: &Path) -> io::Result<u64>;
    /// A new empty file, mode 0600, in place of any file of that name.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// A new empty file, mode 0600; `AlreadyExists` if anything has that name, a link among it.
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// An existing file, to be written on.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Gives a file another name, in place of any file of that name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes the directory's names durable.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;
    /// Bytes that this process may still write there.
    fn free_bytes(&self, path: &Path) -> io::Result<u64>;
}

/// An open file of a [`Disk`].
pub(crate) trait DiskFile: Send {
    /// Writes some of the bytes and says how many.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize>;
    /// Makes the file's data and length durable.
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts or extends the file.
    fn set_length(&mut self, length: u64) -> io::Result<()>;
    /// Takes space for `length` bytes; the file gets that length, zeros where nothing was written.
    fn allocate(&mut self, length: u64) -> io::Result<()>;
    /// Asks the system to forget its copy, so that the next reading comes from the disk.
    fn forget_cache(&mut self) -> io::Result<()>;
}

/// Writes all of the bytes, however few the disk takes at a time.
pub(crate) fn write_all_at(file: &mut dyn DiskFile, offset: u64, bytes: &[u8]) -> io::Result<()> {
    let mut written = 0usize;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        match file.write_at(offset + written as u64, rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Puts `bytes` under `path` so that a reader finds the old file or the new one, whole, even after a
/// cut of the power.
pub(crate) fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_added_extension("new");
    let mut file = disk.create(&temporary)?;
    write_all_at(file.as_mut(), 0, bytes)?;
    file.sync()?;
    drop(file);
    disk.rename(&temporary, path)
}

/// As [`replace`], and the old file's bytes are overwritten with zeros before it is removed. What a cut
/// of the power leaves half done, [`finish_replacing`] ends.
pub(crate) fn replace_and_overwrite(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (new, old) = (path.with_added_extension("new"), path.with_added_extension("old"));
    let mut file = disk.create(&new)?;
    write_all_at(file.as_mut(), 0, bytes)?;
    file.sync()?;
    drop(file);
    disk.rename(path, &old)?;
    disk.rename(&new, path)?;
    finish_replacing(disk, path)
}

/// Ends what [`replace_and_overwrite`] began. Nothing to do is fine.
pub(crate) fn finish_replacing(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    let (new, old) = (path.with_added_extension("new"), path.with_added_extension("old"));
    let directory = path.parent().unwrap_or(path);
    let Some(length) = length_if_there(disk, &old)? else { return Ok(()) };
    if length_if_there(disk, path)?.is_none() {
        // The new file was durable before the old one lost its name.
        disk.rename(&new, path)?;
    }
    disk.sync_directory(directory)?;
    let mut file = disk.open(&old)?;
    let mut at = 0;
    while at < length {
        let part =
            ZEROS.get(..usize::try_from(length - at).map_or(ZEROS.len(), |rest| rest.min(ZEROS.len())));
        let part = part.unwrap_or(&ZEROS);
        write_all_at(file.as_mut(), at, part)?;
        at += part.len() as u64;
    }
    file.sync()?;
    drop(file);
    disk.remove(&old)?;
    disk.sync_directory(directory)
}

const ZEROS: [u8; 4096] = [0; 4096];

fn length_if_there(disk: &dyn Disk, path: &Path) -> io::Result<Option<u64>> {
    match disk.length(path) {
        Ok(length) => Ok(Some(length)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The whole file, or `None` if there is none.
pub(crate) fn read_if_there(disk: &dyn Disk, path: &Path) -> io::Result<Option<Vec<u8>>> {
    match disk.read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A shared disk.
pub(crate) type SharedDisk = Arc<dyn Disk>;
