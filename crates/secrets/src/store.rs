//! The key directory: which keys there are and what each file looks like.
//!
//! `key-encryption.key` is 32 bytes in base64, `checkpoint-signing.pem` and `issuer-signing.pem` are
//! PKCS#8 Ed25519 keys in PEM (RFC 7468). A key that is missing is made on the spot. The keys that wrap
//! those of people are in `wrapping`.

use crate::files::KeyDirectory;
use crate::sealing::{KEY_BYTES, Nonces};
use crate::{DataKey, KeyError, SigningKey, random};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Secret;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use zeroize::Zeroizing;

const KEY_ENCRYPTION_FILE: &str = "key-encryption.key";
const CHECKPOINT_FILE: &str = "checkpoint-signing.pem";
const NEXT_CHECKPOINT_FILE: &str = "checkpoint-signing.next.pem";
const ISSUER_FILE: &str = "issuer-signing.pem";
const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";

/// First byte of everything that the key-encryption key sealed.
const ENVELOPE_VERSION: u8 = 1;

/// The server's keys. Copies share them.
#[derive(Clone)]
pub struct KeyStore(Arc<Keys>);

struct Keys {
    key_encryption: DataKey,
    checkpoint: RwLock<Arc<SigningKey>>,
    issuer: SigningKey,
    nonces: Arc<Nonces>,
    directory: KeyDirectory,
}

impl KeyStore {
    /// Reads the keys in `directory`, making the directory (0700) and missing keys (0600) first.
    ///
    /// Refuses files and directories that others can open or own.
    pub fn open(directory: &Path) -> Result<Self, KeyError> {
        let directory = KeyDirectory::open(directory)?;
        let nonces = Nonces::of_this_run()?;
        let text = directory.load_or_create(KEY_ENCRYPTION_FILE, || {
            let key = Zeroizing::new(random::<KEY_BYTES>()?);
            Ok(Zeroizing::new(format!("{}\n", Zeroizing::new(STANDARD.encode(key.as_slice())).as_str())))
        })?;
        let bytes = decode_key(&text)
            .ok_or_else(|| directory.damaged(KEY_ENCRYPTION_FILE, "256-bit key in base64"))?;
        Ok(Self(Arc::new(Keys {
            key_encryption: DataKey::from_bytes(bytes, Arc::clone(&nonces))?,
            checkpoint: RwLock::new(Arc::new(signing_key(&directory, CHECKPOINT_FILE)?)),
            issuer: signing_key(&directory, ISSUER_FILE)?,
            nonces,
            directory,
        })))
    }

    /// Seals a value under the key-encryption key: a version byte, then as [`DataKey::seal`].
    pub fn seal(&self, plaintext: &[u8], associated_data: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut sealed = self.0.key_encryption.seal(plaintext, associated_data)?;
        sealed.insert(0, ENVELOPE_VERSION);
        Ok(sealed)
    }

    /// Opens what [`KeyStore::seal`] gave.
    pub fn unseal(&self, sealed: &[u8], associated_data: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        match sealed.split_first() {
            Some((&ENVELOPE_VERSION, sealed)) => self.0.key_encryption.unseal(sealed, associated_data),
            _ => Err(KeyError::Unseal),
        }
    }

    /// A new random key for the data of one subject.
    pub fn new_data_key(&self) -> Result<DataKey, KeyError> {
        DataKey::generate(Arc::clone(&self.0.nonces))
    }

    pub(crate) fn data_key(&self, bytes: Zeroizing<[u8; KEY_BYTES]>) -> Result<DataKey, KeyError> {
        DataKey::from_bytes(bytes, Arc::clone(&self.0.nonces))
    }

    pub(crate) fn directory(&self) -> &KeyDirectory {
        &self.0.directory
    }

    /// A key for one purpose, always the same for the same `purpose`; it says nothing of any other key.
    /// HKDF-SHA-256, RFC 5869.
    pub fn derive(&self, purpose: &'static str) -> Result<Secret<[u8; KEY_BYTES]>, KeyError> {
        let failed = |_| KeyError::Library { action: "derive a key" };
        let mut key = [0u8; KEY_BYTES];
        Salt::new(HKDF_SHA256, b"secure-mcp derived key")
            .extract(self.0.key_encryption.bytes())
            .expand(&[purpose.as_bytes()], HKDF_SHA256)
            .and_then(|expanded| expanded.fill(&mut key))
            .map_err(failed)?;
        Ok(Secret::new(key))
    }

    /// Signs the audit log's checkpoints.
    pub fn checkpoint(&self) -> Arc<SigningKey> {
        Arc::clone(&self.0.checkpoint.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The key that is to take the place of [`KeyStore::checkpoint`], made if there is none yet.
    pub fn next_checkpoint(&self) -> Result<SigningKey, KeyError> {
        signing_key(&self.0.directory, NEXT_CHECKPOINT_FILE)
    }

    /// The same, if one was made and has not taken its place.
    pub fn pending_checkpoint(&self) -> Result<Option<SigningKey>, KeyError> {
        match self.0.directory.load(NEXT_CHECKPOINT_FILE)? {
            Some(_) => self.next_checkpoint().map(Some),
            None => Ok(None),
        }
    }

    /// Puts the next key in its place. The old one is overwritten: it signs nothing any more.
    pub fn adopt_next_checkpoint(&self) -> Result<(), KeyError> {
        let next = self.next_checkpoint()?;
        self.0.directory.replace_and_overwrite(NEXT_CHECKPOINT_FILE, CHECKPOINT_FILE)?;
        *self.0.checkpoint.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        Ok(())
    }

    /// Signs the local issuer's tokens.
    pub fn issuer(&self) -> &SigningKey {
        &self.0.issuer
    }
}

impl std::fmt::Debug for KeyStore {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "KeyStore(checkpoint {:?}, issuer {:?}, …)", self.checkpoint(), self.0.issuer)
    }
}

fn decode_key(text: &str) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    let bytes = Zeroizing::new(STANDARD.decode(text.trim_end()).ok()?);
    bytes.as_slice().try_into().ok().map(Zeroizing::new)
}

fn signing_key(directory: &KeyDirectory, name: &str) -> Result<SigningKey, KeyError> {
    let text = directory.load_or_create(name, || {
        let body = Zeroizing::new(STANDARD.encode(SigningKey::generate_pkcs8()?.as_slice()));
        Ok(Zeroizing::new(format!("{PEM_BEGIN}\n{}\n{PEM_END}\n", body.as_str())))
    })?;
    decode_pem(&text)
        .and_then(SigningKey::from_pkcs8)
        .ok_or_else(|| directory.damaged(name, "Ed25519 private key (PKCS#8, PEM)"))
}

fn decode_pem(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let body = text.trim().strip_prefix(PEM_BEGIN)?.strip_suffix(PEM_END)?;
    let body = Zeroizing::new(body.split_ascii_whitespace().collect::<String>());
    STANDARD.decode(body.as_bytes()).ok().map(Zeroizing::new)
}
