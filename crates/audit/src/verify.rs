//! Checking a log offline: from its files and a public key alone, without lock, secret or server.
//!
//! Every record is hashed again and every signed root compared. Where they differ, the stored leaf
//! hashes say which record it is, if the same signed root proves them right; else the two
//! checkpoints around it do.

mod check;
mod export;
mod material;

pub use export::export;

use crate::disk::{Disk, RealDisk};
use crate::layout::Layout;
use crate::note::{NoteError, VerifierKey};
use crate::receipt::ReceiptFile;
use crate::tree::Hash;
use check::Check;
use material::Material;
use std::io;
use std::path::PathBuf;

/// Where the records are.
#[derive(Clone, Debug)]
pub enum VerifySource {
    /// A log's directory.
    Directory(PathBuf),
    /// A file that [`export`] wrote.
    Export(PathBuf),
}

/// What to check, and against what.
#[derive(Clone, Debug)]
pub struct VerifyRequest {
    /// The records.
    pub source: VerifySource,
    /// A signed checkpoint that was kept elsewhere.
    pub checkpoint: Option<String>,
    /// Receipts that were kept elsewhere.
    pub receipts: Vec<ReceiptFile>,
    /// The public key, if it was kept elsewhere; else the one beside the records is used, which shows
    /// damage but not who signed.
    pub public_key: Option<VerifierKey>,
}

impl VerifyRequest {
    /// A directory against its own checkpoints.
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        Self {
            source: VerifySource::Directory(path.into()),
            checkpoint: None,
            receipts: Vec::new(),
            public_key: None,
        }
    }
}

/// A log that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The log.
    pub origin: String,
    /// Records, dropped ones among them.
    pub records: u64,
    /// The first record that is there; those before it were dropped, and the log says so.
    pub first: u64,
    /// Root over them.
    pub root: Hash,
    /// Records under a signature.
    pub signed_records: u64,
    /// Signed checkpoints whose root was compared.
    pub checkpoints_checked: u64,
    /// Bytes at the end that were never synced; the next start cuts them off.
    pub torn_bytes: u64,
}

/// Why a log does not hold.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A record is not what it was.
    #[error("record {index} is bad: {problem}")]
    BadRecord {
        /// The first bad record.
        index: u64,
        /// What is wrong.
        problem: &'static str,
    },
    /// The records differ from a signed root, and nothing says which of them it is.
    #[error("a record from {index} to {last} is bad: the signed root over them does not fit")]
    BadRange {
        /// The first record that can be bad.
        index: u64,
        /// The last one.
        last: u64,
    },
    /// Records are missing at the end.
    #[error("record {index} is missing: the log ends there, and {size} records were signed or receipted")]
    Truncated {
        /// The first missing record.
        index: u64,
        /// How many there were at least.
        size: u64,
    },
    /// More records without a signature than a log ever has.
    #[error(
        "record {index} and the {more} after it are under no signature: a log signs each {} records",
        crate::limits::CHECKPOINT_RECORDS
    )]
    Unsigned {
        /// The first unsigned record.
        index: u64,
        /// Records after it.
        more: u64,
    },
    /// A checkpoint of records that were dropped, and no stored hashes to compare it with.
    #[error(
        "the checkpoint of {size} records cannot be compared: they were dropped, and their hashes are not here"
    )]
    Dropped {
        /// Records under it.
        size: u64,
    },
    /// A checkpoint is not valid.
    #[error("{which} is not valid")]
    Checkpoint {
        /// Which one.
        which: String,
        /// Why.
        #[source]
        source: NoteError,
    },
    /// The receipt is of another log, or no receipt.
    #[error("the receipt {problem}")]
    Receipt {
        /// What is wrong.
        problem: &'static str,
    },
    /// There is no public key.
    #[error("the public key is missing or not valid")]
    PublicKey(#[source] NoteError),
    /// No log, or no export.
    #[error("`{path}` is no audit log")]
    NoLog {
        /// Where.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot read `{path}`")]
    Io {
        /// What.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

impl VerifyError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// The first record that is bad or missing, where one is.
    pub const fn first_bad_index(&self) -> Option<u64> {
        match self {
            Self::BadRecord { index, .. }
            | Self::BadRange { index, .. }
            | Self::Truncated { index, .. }
            | Self::Unsigned { index, .. } => Some(*index),
            _ => None,
        }
    }
}

/// Checks every record against every signed checkpoint, and the log against what was kept elsewhere.
pub fn verify(request: &VerifyRequest) -> Result<Verified, VerifyError> {
    verify_on(&RealDisk, request)
}

pub(crate) fn verify_on(disk: &dyn Disk, request: &VerifyRequest) -> Result<Verified, VerifyError> {
    let material = match &request.source {
        VerifySource::Directory(path) => Material::of_directory(disk, &Layout::new(path))?,
        VerifySource::Export(path) => Material::of_export(disk, path)?,
    };
    Check::new(disk, &material, request)?.run()
}

/// The first bad record of a directory, as exactly as its files tell.
pub(crate) fn first_bad_index(disk: &dyn Disk, layout: &Layout) -> Option<u64> {
    verify_on(disk, &VerifyRequest::directory(layout.directory())).err()?.first_bad_index()
}
