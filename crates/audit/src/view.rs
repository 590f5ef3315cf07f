//! The log as a witness asks about it: size, roots, proofs, and whether a note is the log's own. Of a
//! running log, or of the files alone.

use crate::AuditError;
use crate::chain::KeyChain;
use crate::disk::{Disk as _, RealDisk, SharedDisk, read_if_there};
use crate::layout::Layout;
use crate::note::{Checkpoint, NoteError, VerifierKey};
use crate::read::Reader;
use crate::tree::Hash;
use crate::verify::VerifyError;
use std::path::Path;
use std::sync::Arc;

/// A log at a moment, without its records.
pub struct View {
    reader: Reader,
    chain: Arc<KeyChain>,
    latest: (Checkpoint, String),
}

impl View {
    pub(crate) fn new(reader: Reader) -> Self {
        let (chain, latest) = (reader.chain(), reader.checkpoint());
        Self { reader, chain, latest }
    }

    /// The log of a directory, as far as its latest checkpoint goes. Reads files; needs no lock.
    pub fn of_directory(directory: &Path) -> Result<Self, VerifyError> {
        let disk: SharedDisk = Arc::new(RealDisk);
        let layout = Layout::new(directory);
        let read = |path: &Path| {
            let text = disk.read(path).map_err(VerifyError::io(path))?;
            Ok::<_, VerifyError>(String::from_utf8_lossy(&text).into_owned())
        };
        let note = read(&layout.checkpoint())?;
        let key: VerifierKey = read(&layout.public_key())?.parse().map_err(VerifyError::PublicKey)?;
        let rotations = layout.rotations();
        let statements = read_if_there(disk.as_ref(), &rotations).map_err(VerifyError::io(&rotations))?;
        let statements = String::from_utf8_lossy(&statements.unwrap_or_default()).into_owned();
        let chain = KeyChain::read(&statements, &key).map_err(VerifyError::PublicKey)?;
        let checkpoint = chain
            .open(&note)
            .map_err(|source| VerifyError::Checkpoint { which: "the checkpoint".to_owned(), source })?;
        let names = RealDisk.list(directory).map_err(VerifyError::io(directory))?;
        let reader = Reader::of_files(disk, layout, Layout::segments(&names), checkpoint, note, chain);
        Ok(Self::new(reader))
    }

    pub(crate) const fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The keys that signed the log.
    pub fn chain(&self) -> &KeyChain {
        &self.chain
    }

    /// Records.
    pub fn size(&self) -> u64 {
        self.reader.size()
    }

    /// Records under the latest checkpoint.
    pub const fn checkpoint_size(&self) -> u64 {
        self.latest.0.size
    }

    /// The latest checkpoint, signed.
    pub fn checkpoint_note(&self) -> String {
        self.latest.1.clone()
    }

    /// The root over the first `size` records.
    pub fn root(&self, size: u64) -> Result<Hash, AuditError> {
        self.reader.root(size)
    }

    /// The proof that the first `new` records begin with the first `old`.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, AuditError> {
        self.reader.consistency_proof(old, new)
    }

    /// The checkpoint in a note, if the log's key of its time signed it.
    pub fn open(&self, note: &str) -> Result<Checkpoint, NoteError> {
        self.chain.open(note)
    }
}
