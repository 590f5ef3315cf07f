//! A whole log in one file: public key, signed notes, segments. Personal fields stay sealed.

use super::VerifyError;
use crate::disk::{Disk, RealDisk, read_if_there, write_all_at};
use crate::layout::Layout;
use std::path::Path;

/// First line of an export.
pub(super) const EXPORT_HEAD: &str = "secure-mcp audit export 1";
/// Last line.
pub(super) const END: &str = "end";

/// Writes the log in `directory` to the new file `file` (mode 0600). Bytes written.
///
/// The export is checked like the directory, by [`super::verify`]. A log that is being written may be
/// exported: what comes later is left out.
pub fn export(directory: &Path, file: &Path) -> Result<u64, VerifyError> {
    export_on(&RealDisk, directory, file)
}

pub(crate) fn export_on(disk: &dyn Disk, directory: &Path, file: &Path) -> Result<u64, VerifyError> {
    let layout = Layout::new(directory);
    let read = |path: &Path| disk.read(path).map_err(VerifyError::io(path));
    // In this order, so that every note's records are in the export.
    let latest = read(&layout.checkpoint())?;
    let key = read(&layout.public_key())?;
    let rotations = layout.rotations();
    let rotations = read_if_there(disk, &rotations).map_err(VerifyError::io(&rotations))?.unwrap_or_default();
    let base = layout.base();
    let base = read_if_there(disk, &base).map_err(VerifyError::io(&base))?.unwrap_or_default();
    let names = disk.list(directory).map_err(VerifyError::io(directory))?;
    let firsts = Layout::segments(&names);
    let mut notes = latest;
    for first in &firsts {
        let history = read_if_there(disk, &layout.notes(*first)).map_err(VerifyError::io(directory))?;
        notes.extend(history.unwrap_or_default());
    }
    let mut out = disk.create_new(file).map_err(VerifyError::io(file))?;
    let mut at = 0u64;
    let mut put = |bytes: &[u8]| {
        let written = write_all_at(out.as_mut(), at, bytes).map_err(VerifyError::io(file));
        at += bytes.len() as u64;
        written
    };
    put(format!("{EXPORT_HEAD}\n").as_bytes())?;
    put(&key)?;
    if !rotations.is_empty() {
        put(format!("keys {}\n", rotations.len()).as_bytes())?;
        put(&rotations)?;
    }
    if !base.is_empty() {
        put(format!("base {}\n", base.len()).as_bytes())?;
        put(&base)?;
    }
    put(format!("notes {}\n", notes.len()).as_bytes())?;
    put(&notes)?;
    for first in firsts {
        let mut bytes = read(&layout.segment(first))?;
        bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
        put(format!("segment {first} {}\n", bytes.len()).as_bytes())?;
        put(&bytes)?;
    }
    put(format!("{END}\n").as_bytes())?;
    out.sync().map_err(VerifyError::io(file))?;
    Ok(at)
}
