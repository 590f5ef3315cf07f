//! Owns how a database file of the company appears: whole, at once, for its owner only.

use super::CompanyError;
use rusqlite::Connection;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Fills a new file beside its place, brings it to the disk and renames it into place.
pub(crate) fn write(
    into: &Path,
    name: &str,
    fill: fn(&Connection) -> rusqlite::Result<()>,
) -> Result<PathBuf, CompanyError> {
    let path = into.join(name);
    let unfinished = into.join(format!(".{name}.unfinished"));
    let failed = |cause| CompanyError::File { path: path.clone(), cause };
    create(&unfinished).map_err(failed)?;
    {
        let connection = Connection::open(&unfinished)?;
        // Nobody reads the file before it is renamed, so it needs neither a journal nor a sync per write.
        connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN")?;
        fill(&connection)?;
        connection.execute_batch("COMMIT")?;
    }
    finish(&unfinished, &path, into).map_err(failed)?;
    Ok(path)
}

#[expect(clippy::disallowed_methods, reason = "the sample company owns its files")]
fn create(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop)
}

#[expect(clippy::disallowed_methods, reason = "the sample company owns its files")]
fn finish(unfinished: &Path, path: &Path, directory: &Path) -> io::Result<()> {
    File::open(unfinished)?.sync_all()?;
    std::fs::rename(unfinished, path)?;
    File::open(directory)?.sync_all()
}
