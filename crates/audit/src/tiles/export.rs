//! A log's tiles as files, for a web server or for whoever verifies them with tools of their own.

use super::path::tiles_of;
use super::tile;
use crate::disk::{Disk, RealDisk, SharedDisk, write_all_at};
use crate::layout::Layout;
use crate::note::VerifierKey;
use crate::read::Reader;
use crate::verify::VerifyError;
use crate::{AuditError, NoteError};
use std::io;
use std::path::Path;
use std::sync::Arc;

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
    let disk: SharedDisk = Arc::new(RealDisk);
    let layout = Layout::new(directory);
    let read = |path: &Path| disk.read(path).map_err(VerifyError::io(path));
    let note = String::from_utf8_lossy(&read(&layout.checkpoint())?).into_owned();
    let key_text = String::from_utf8_lossy(&read(&layout.public_key())?).into_owned();
    let key: VerifierKey = key_text.parse().map_err(VerifyError::PublicKey)?;
    let bad_note = |source: NoteError| VerifyError::Checkpoint { which: "the checkpoint".to_owned(), source };
    let checkpoint = key.open(&note).map_err(bad_note)?;
    let (size, root) = (checkpoint.size, checkpoint.root);
    let names = disk.list(directory).map_err(VerifyError::io(directory))?;
    let reader =
        Reader::of_files(Arc::clone(&disk), layout, Layout::segments(&names), checkpoint, note.clone());
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
        let bytes = tile(&reader, &path).map_err(|error| unreadable(directory, error))?;
        put(disk.as_ref(), &out.join(path.to_string()), &bytes)?;
        exported.tiles += 1;
    }
    put(disk.as_ref(), &out.join("checkpoint.pub"), key_text.as_bytes())?;
    // Last: who finds a checkpoint finds its tiles.
    put(disk.as_ref(), &out.join("checkpoint"), note.as_bytes())?;
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
