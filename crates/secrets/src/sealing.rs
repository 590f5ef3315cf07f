//! AES-256-GCM under keys that are used for years: seal, open, and nonces that never come twice.
//!
//! NIST SP 800-38D §8 allows 2^32 random nonces per key, which a busy service account reaches in a
//! week. The nonce here is six random bytes of this run and a counter of six bytes instead: unique
//! within a run for certain, and between two runs with chance 1 - 2^-48.

use crate::{KeyError, random};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use zeroize::{Zeroize, Zeroizing};

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;
/// Half of a nonce: the run's prefix, and the counter after it.
const HALF: usize = NONCE_LEN / 2;

/// The nonces of one run, shared by every key of one store.
pub(crate) struct Nonces {
    prefix: [u8; HALF],
    next: AtomicU64,
}

impl Nonces {
    pub(crate) fn of_this_run() -> Result<Arc<Self>, KeyError> {
        Ok(Arc::new(Self { prefix: random()?, next: AtomicU64::new(0) }))
    }

    fn draw(&self) -> Result<[u8; NONCE_LEN], KeyError> {
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        if count >> (8 * HALF) != 0 {
            return Err(KeyError::Library { action: "seal more than 2^48 values in one run" });
        }
        let mut nonce = [0u8; NONCE_LEN];
        let (prefix, counter) = nonce.split_at_mut(HALF);
        prefix.copy_from_slice(&self.prefix);
        for (to, from) in counter.iter_mut().zip(count.to_be_bytes().iter().skip(8 - HALF)) {
            *to = *from;
        }
        Ok(nonce)
    }
}

/// A 256-bit key that seals values; destroying every copy of it erases them.
pub struct DataKey {
    cipher: LessSafeKey,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
    nonces: Arc<Nonces>,
}

impl DataKey {
    pub(crate) fn from_bytes(
        bytes: Zeroizing<[u8; KEY_BYTES]>,
        nonces: Arc<Nonces>,
    ) -> Result<Self, KeyError> {
        let key = UnboundKey::new(&AES_256_GCM, bytes.as_slice())
            .map_err(|_| KeyError::Library { action: "use an AES-256 key" })?;
        Ok(Self { cipher: LessSafeKey::new(key), bytes, nonces })
    }

    pub(crate) fn generate(nonces: Arc<Nonces>) -> Result<Self, KeyError> {
        Self::from_bytes(Zeroizing::new(random()?), nonces)
    }

    pub(crate) fn nonces(&self) -> Arc<Nonces> {
        Arc::clone(&self.nonces)
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }

    /// The sealed value: 12 bytes of nonce, the ciphertext, 16 bytes of tag. `associated_data` is
    /// bound to it: it opens only with the same.
    pub fn seal(&self, plaintext: &[u8], associated_data: &[u8]) -> Result<Vec<u8>, KeyError> {
        let nonce = self.nonces.draw()?;
        let mut sealed = Vec::with_capacity(NONCE_LEN + plaintext.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        let (_, text) = sealed.split_at_mut(NONCE_LEN);
        let tag = self
            .cipher
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(associated_data), text)
            .map_err(|_| KeyError::Library { action: "seal a value" })?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// The plaintext of what [`DataKey::seal`] gave. Refuses with [`KeyError::Unseal`] what another
    /// key, other associated data or another hand made of it.
    pub fn unseal(&self, sealed: &[u8], associated_data: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or(KeyError::Unseal)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| KeyError::Unseal)?;
        let mut text = Zeroizing::new(text.to_vec());
        let length = self
            .cipher
            .open_in_place(nonce, Aad::from(associated_data), text.as_mut_slice())
            .map_err(|_| KeyError::Unseal)?
            .len();
        text.truncate(length);
        Ok(text)
    }
}

impl Drop for DataKey {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("DataKey(…)")
    }
}
