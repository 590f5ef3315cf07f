//! Owns HMAC-SHA-256 (RFC 2104), for tokens alone. It compares nothing, so it has no timing to hide.

use sha2::{Digest as _, Sha256};

/// Bytes of one block of SHA-256.
const BLOCK: usize = 64;

/// A key, taken up into both hashes already.
#[derive(Clone)]
pub(super) struct Hmac {
    inner: Sha256,
    outer: Sha256,
}

impl Hmac {
    /// A key of 32 bytes: shorter than a block, so it needs no hashing of its own.
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let keyed = |pad: u8| {
            let mut block = [pad; BLOCK];
            for (byte, of_key) in block.iter_mut().zip(key) {
                *byte ^= of_key;
            }
            Sha256::new().chain_update(block)
        };
        Self { inner: keyed(0x36), outer: keyed(0x5c) }
    }

    /// The tag of `message`.
    pub(super) fn tag(&self, message: &[u8]) -> [u8; 32] {
        let inside = self.inner.clone().chain_update(message).finalize();
        self.outer.clone().chain_update(inside).finalize().into()
    }
}
