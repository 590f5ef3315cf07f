//! Owns one SQLite file as a source: its name, its path, and the last schema that was read from it.
//!
//! It knows no caller and no policy. It opens the file for reading only.

use crate::guard::harden;
use crate::schema::{Schema, SchemaError};
use domain::{Digest, ResourceName};
use rusqlite::{Connection, OpenFlags};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// Read only, never created, not through a link, and used by one thread at a time. No URI names.
pub(crate) const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY
    .union(OpenFlags::SQLITE_OPEN_NO_MUTEX)
    .union(OpenFlags::SQLITE_OPEN_NOFOLLOW)
    .union(OpenFlags::SQLITE_OPEN_EXRESCODE);

/// Why a file cannot be a source.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file is not there or cannot be looked at.
    #[error("the file of source `{name}` cannot be found at `{path}`")]
    Find {
        /// The source.
        name: ResourceName,
        /// Its file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The file is there and cannot be read as a SQLite database.
    #[error("source `{name}` cannot be read")]
    Read {
        /// The source.
        name: ResourceName,
        /// Why.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A schema, and the file that it was read from.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) schema: Schema,
    /// Device and inode: a file that is renamed over the path is another file.
    pub(crate) file: (u64, u64),
}

/// One SQLite file that queries may read.
#[derive(Debug)]
pub struct Source {
    name: ResourceName,
    path: PathBuf,
    snapshot: RwLock<Arc<Snapshot>>,
}

impl Source {
    /// Opens the file once for reading and takes its schema. Does IO: for start-up, not for calls.
    pub fn open(name: ResourceName, path: &Path) -> Result<Self, SourceError> {
        let path = path.canonicalize().map_err(|cause| SourceError::Find {
            name: name.clone(),
            path: path.to_owned(),
            cause,
        })?;
        let snapshot = snapshot(&path)
            .map_err(|cause| SourceError::Read { name: name.clone(), cause: Box::new(cause) })?;
        Ok(Self { name, path, snapshot: RwLock::new(Arc::new(snapshot)) })
    }

    /// The name that callers and policy use.
    pub const fn name(&self) -> &ResourceName {
        &self.name
    }

    /// Digest of the tables and columns that were there when the schema was last read.
    pub fn schema_hash(&self) -> Digest {
        self.snapshot().schema.hash
    }

    /// Every table with its columns, for `doctor` and for checking a data policy.
    pub fn tables(&self) -> Vec<(String, Vec<String>)> {
        let columns =
            |table: &crate::schema::Table| table.columns.iter().map(|column| column.name.clone()).collect();
        self.snapshot().schema.tables.iter().map(|(name, table)| (name.clone(), columns(table))).collect()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Device and inode of the file that the path names now.
    pub(crate) fn file(&self) -> std::io::Result<(u64, u64)> {
        identity(&self.path)
    }

    /// Reads the schema again. Blocks.
    pub(crate) fn refresh(&self) -> Result<(), SnapshotError> {
        let fresh = Arc::new(snapshot(&self.path)?);
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }
}

/// Why a schema cannot be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SnapshotError {
    #[error("the file cannot be looked at")]
    Look(#[from] std::io::Error),
    #[error("the database cannot be opened")]
    Open(#[from] rusqlite::Error),
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

fn identity(path: &Path) -> std::io::Result<(u64, u64)> {
    let found = std::fs::metadata(path)?;
    Ok((found.dev(), found.ino()))
}

fn snapshot(path: &Path) -> Result<Snapshot, SnapshotError> {
    let file = identity(path)?;
    let connection = Connection::open_with_flags(path, FLAGS)?;
    harden(&connection)?;
    Ok(Snapshot { schema: Schema::read(&connection)?, file })
}
