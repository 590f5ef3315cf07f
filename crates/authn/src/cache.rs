//! Verified tokens, remembered for a short while: a signature costs 20 to 60 µs, a look-up one.

use crate::claims::Claims;
use domain::{Digest, UnixMillis};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// Ten thousand connections with a token each (the founding goal) fit; an entry has about 300 bytes.
const MAX_TOKENS: usize = 16 * 1024;

/// A minute: what a change of keys that nobody tells us takes at most to be seen here.
const MAX_AGE: Duration = Duration::from_secs(60);

struct Entry {
    claims: Arc<Claims>,
    until: UnixMillis,
    under: Under,
}

/// Which keys a token was verified under: those of an issuer, by its place, as they were then.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Under {
    pub(crate) issuer: usize,
    pub(crate) generation: u64,
}

/// By digest of the token, so that the cache holds no credential.
#[derive(Default)]
pub(crate) struct VerifiedTokens(RwLock<HashMap<Digest, Entry>>);

impl VerifiedTokens {
    /// A remembered token, if `holds` says that the keys are still those that it was verified under.
    pub(crate) fn get(
        &self,
        token: Digest,
        now: UnixMillis,
        holds: impl FnOnce(Under) -> bool,
    ) -> Option<Arc<Claims>> {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(&token).filter(|entry| now < entry.until && holds(entry.under))?;
        Some(Arc::clone(&entry.claims))
    }

    /// Remembers until the token's end or [`MAX_AGE`], whichever is first.
    pub(crate) fn put(&self, token: Digest, claims: &Arc<Claims>, under: Under, now: UnixMillis) {
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MAX_TOKENS {
            entries.retain(|_, entry| now < entry.until);
        }
        if entries.len() >= MAX_TOKENS {
            entries.clear();
        }
        let until = now.plus(MAX_AGE).min(claims.expires);
        entries.insert(token, Entry { claims: Arc::clone(claims), until, under });
    }
}
