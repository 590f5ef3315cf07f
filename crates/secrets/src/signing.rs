//! Ed25519 keys (RFC 8032): sign, and the public half.

use crate::KeyError;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use domain::{Digest, Secret};
use zeroize::Zeroizing;

/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 64;
/// Bytes of a public key.
const PUBLIC_BYTES: usize = 32;

/// An Ed25519 key pair.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    pkcs8: Zeroizing<Vec<u8>>,
    public: [u8; PUBLIC_BYTES],
}

impl SigningKey {
    pub(crate) fn generate_pkcs8() -> Result<Zeroizing<Vec<u8>>, KeyError> {
        Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new())
            .map(|document| Zeroizing::new(document.as_ref().to_vec()))
            .map_err(|_| KeyError::Library { action: "make an Ed25519 key" })
    }

    /// `None` if the bytes are no PKCS#8 Ed25519 key (RFC 8410).
    pub(crate) fn from_pkcs8(pkcs8: Zeroizing<Vec<u8>>) -> Option<Self> {
        let pair = Ed25519KeyPair::from_pkcs8(&pkcs8).ok()?;
        let public = pair.public_key().as_ref().try_into().ok()?;
        Some(Self { pair, pkcs8, public })
    }

    /// The signature over `message`.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_BYTES], KeyError> {
        let failed = || KeyError::Library { action: "sign" };
        let signature = self.pair.try_sign(message).map_err(|_| failed())?;
        signature.as_ref().try_into().map_err(|_| failed())
    }

    /// The public key.
    pub const fn public_key(&self) -> [u8; PUBLIC_BYTES] {
        self.public
    }

    /// The name of the key in token headers and key sets: the first 16 hexadecimal digits of its
    /// public half's SHA-256.
    pub fn key_id(&self) -> String {
        Digest::of(&self.public).to_string().chars().take(16).collect()
    }

    /// The key pair in PKCS#8 (DER, version 1), for a library that signs by itself.
    pub fn pkcs8(&self) -> Secret<Vec<u8>> {
        Secret::new(self.pkcs8.to_vec())
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "SigningKey({})", self.key_id())
    }
}
