//! A new checkpoint key in place of the old one: the statement of both on disk, then the key, then a
//! checkpoint that it signs.
//!
//! INVARIANT: once the statement is on disk, the old key signs nothing more.

use crate::chain::KeyChain;
use crate::disk::{Disk, read_if_there, replace};
use crate::layout::Layout;
use crate::log::files::{LogFiles, Setup};
use crate::note::VerifierKey;
use crate::{AuditError, NoteError};
use secrets::KeyStore;
use std::io;
use std::sync::{Arc, PoisonError};

/// The keys that signed the log of `origin`, the last of which is the key directory's. A rotation that was
/// cut off behind its statement is ended.
pub(crate) fn settled_chain(
    disk: &dyn Disk,
    layout: &Layout,
    origin: &str,
    keys: &KeyStore,
) -> Result<KeyChain, AuditError> {
    let path = layout.rotations();
    let statements = read_if_there(disk, &path).map_err(AuditError::io("read", path))?.unwrap_or_default();
    let statements = String::from_utf8_lossy(&statements).into_owned();
    let read = |key| KeyChain::read(&statements, &VerifierKey { name: origin.to_owned(), key });
    match read(keys.checkpoint().public_key()) {
        Err(NoteError::NotSigned) => {
            let next = keys.pending_checkpoint()?.ok_or(AuditError::Checkpoint(NoteError::NotSigned))?;
            let chain = read(next.public_key()).map_err(AuditError::Checkpoint)?;
            keys.adopt_next_checkpoint()?;
            Ok(chain)
        }
        other => other.map_err(AuditError::Checkpoint),
    }
}

/// Puts the key that signs now beside the log, if another one stands there.
pub(crate) fn publish_key(disk: &dyn Disk, layout: &Layout, key: &VerifierKey) -> io::Result<()> {
    let (path, text) = (layout.public_key(), format!("{key}\n"));
    if read_if_there(disk, &path)?.as_deref() == Some(text.as_bytes()) {
        return Ok(());
    }
    replace(disk, &path, text.as_bytes())?;
    disk.sync_directory(layout.directory())
}

impl LogFiles {
    /// Changes the key. After an error the log has to be restored. Returns the old key and the new one.
    pub(crate) fn rotate(&mut self) -> Result<(VerifierKey, VerifierKey), AuditError> {
        let directory = self.setup.layout.directory().to_owned();
        let failed = || AuditError::io("write", directory.clone());
        self.sign().map_err(failed())?;
        let keys = &self.setup.keys;
        let old = self.chain().last().clone();
        let next = keys.next_checkpoint()?;
        let chain = self.chain().rotated(self.signed, &keys.checkpoint(), &next)?;
        let disk = self.setup.disk.as_ref();
        replace(disk, &self.setup.layout.rotations(), chain.statements().as_bytes())
            .and_then(|()| disk.sync_directory(&directory))
            .map_err(failed())?;
        self.settle_rotation()?;
        self.sign_now().map_err(failed())?;
        Ok((old, self.chain().last().clone()))
    }

    /// Goes on with the key that the statements on disk end with.
    pub(crate) fn settle_rotation(&mut self) -> Result<(), AuditError> {
        let Setup { disk, layout, origin, keys, published, .. } = &self.setup;
        let chain = settled_chain(disk.as_ref(), layout, origin, keys)?;
        publish_key(disk.as_ref(), layout, chain.last())
            .map_err(AuditError::io("write", layout.public_key()))?;
        published.lock().unwrap_or_else(PoisonError::into_inner).chain = Arc::new(chain);
        Ok(())
    }

    fn chain(&self) -> Arc<KeyChain> {
        Arc::clone(&self.setup.published.lock().unwrap_or_else(PoisonError::into_inner).chain)
    }
}
