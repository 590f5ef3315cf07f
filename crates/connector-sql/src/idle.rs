//! Owns prepared things that wait for their next use, a bounded number, each under a key.

use crate::limits::MAX_IDLE;
use domain::Digest;
use std::sync::{Mutex, PoisonError};

/// A few things that were costly to make. The one that waited longest goes first.
pub(crate) struct Idle<T>(Mutex<Vec<(Digest, T)>>);

impl<T> Default for Idle<T> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

impl<T> Idle<T> {
    /// One that was made for `key`, for the caller alone.
    pub(crate) fn take(&self, key: Digest) -> Option<T> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = waiting.iter().rposition(|(made_for, _)| *made_for == key)?;
        Some(waiting.remove(at).1)
    }

    /// Keeps `thing` for a next call with `key`.
    pub(crate) fn put(&self, key: Digest, thing: T) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push((key, thing));
        let too_many = waiting.len().saturating_sub(MAX_IDLE);
        let gone: Vec<_> = waiting.drain(..too_many).collect();
        // Closing a connection takes longer than the lock should be held.
        drop(waiting);
        drop(gone);
    }
}
