//! A log's tiles as files, for a web server or for whoever verifies them with tools of their own.

use super::path::tiles_of;
use super::tile;
use crate::AuditError;
use crate::disk::{Disk, RealDisk, write_all_at};
use crate::verify::VerifyError;
use crate::view::View;
use std::io;
use std::path::Path;

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TilesExported {
    /// Records under the checkpoint.
    pub records: u64,
    /// Tiles and bundles.
    pub tiles: u64,
}

/// Writes `checkpoint`, `checkpoint.pub` and every tile below `out`, which is made and has to be empty.
///
/// Reads files alone, as [`crate::verify`]. Refuses a log whose stored hashes do not give the signed root.
/// Personal fields stay sealed.
pub fn export_tiles(directory: &Path, out: &Path) -> Result<TilesExported, VerifyError> {
    let disk = &RealDisk;
    let view = View::of_directory(directory)?;
    let (reader, size, note) = (view.reader(), view.checkpoint_size(), view.checkpoint_note());
    let root = view.open(&note).map_err(VerifyError::PublicKey)?.root;
    if reader.root(size).map_err(|error| unreadable(directory, error))? != root {
        return Err(VerifyError::BadRange { index: 0, last: size.saturating_sub(1) });
    }
    disk.make_directory(out).map_err(VerifyError::io(out))?;
    if !disk.list(out).map_err(VerifyError::io(out))?.is_empty() {
        let source = io::Error::new(io::ErrorKind::AlreadyExists, "the folder is not empty");
        return Err(VerifyError::io(out)(source));
    }
    let mut exported = TilesExported { records: size, tiles: 0 };
    for path in tiles_of(size) {
        let bytes = tile(reader, &path).map_err(|error| unreadable(directory, error))?;
        put(disk, &out.join(path.to_string()), &bytes)?;
        exported.tiles += 1;
    }
    put(disk, &out.join("checkpoint.pub"), format!("{}\n", view.chain().last()).as_bytes())?;
    if !view.chain().statements().is_empty() {
        put(disk, &out.join("checkpoint.keys"), view.chain().statements().as_bytes())?;
    }
    // Last: who finds a checkpoint finds its tiles.
    put(disk, &out.join("checkpoint"), note.as_bytes())?;
    Ok(exported)
}

fn put(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<(), VerifyError> {
    let written = disk
        .make_directory(path.parent().unwrap_or(path))
        .and_then(|()| disk.create(path))
        .and_then(|mut file| write_all_at(file.as_mut(), 0, bytes));
    written.map_err(VerifyError::io(path))
}

fn unreadable(directory: &Path, error: AuditError) -> VerifyError {
    match error {
        AuditError::Damaged { index, problem, .. } => VerifyError::BadRecord { index, problem },
        AuditError::Io { path, source, .. } => VerifyError::Io { path, source },
        other => VerifyError::io(directory)(io::Error::other(other)),
    }
}
