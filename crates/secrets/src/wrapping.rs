//! Keys that wrap the keys of people: one file each, so that one can be destroyed whole.
//!
//! `subjects-<16 hexadecimal digits>.key` holds 32 bytes, sealed under the key-encryption key. Who wraps
//! with it keeps its name beside what is wrapped.

use crate::files::KeyDirectory;
use crate::sealing::KEY_BYTES;
use crate::{DataKey, KeyError, KeyStore, random};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// First byte of everything that such a key wrapped; its name follows.
const WRAPPED_VERSION: u8 = 2;
const NAME_BYTES: usize = 8;

/// A key that wraps others.
#[derive(Debug)]
pub struct WrappingKey {
    name: [u8; NAME_BYTES],
    key: DataKey,
}

/// The name of the key that wrapped these bytes.
fn name_in(wrapped: &[u8]) -> Option<([u8; NAME_BYTES], &[u8])> {
    let (&version, rest) = wrapped.split_first()?;
    let (name, sealed) = rest.split_first_chunk()?;
    (version == WRAPPED_VERSION).then_some((*name, sealed))
}

impl WrappingKey {
    /// Its name: 16 hexadecimal digits.
    pub fn name(&self) -> String {
        format!("{:016x}", u64::from_be_bytes(self.name))
    }

    /// The name of the key that wrapped `wrapped`; `None` if none did.
    pub fn name_of(wrapped: &[u8]) -> Option<String> {
        name_in(wrapped).map(|(name, _)| format!("{:016x}", u64::from_be_bytes(name)))
    }

    /// The data key, sealed, so that it can be stored.
    pub fn wrap(&self, key: &DataKey, associated_data: &[u8]) -> Result<Vec<u8>, KeyError> {
        let sealed = self.key.seal(key.bytes(), associated_data)?;
        Ok([&[WRAPPED_VERSION], self.name.as_slice(), &sealed].concat())
    }

    /// The data key that [`WrappingKey::wrap`] sealed.
    pub fn unwrap_key(&self, wrapped: &[u8], associated_data: &[u8]) -> Result<DataKey, KeyError> {
        let (_, sealed) = name_in(wrapped).filter(|(name, _)| *name == self.name).ok_or(KeyError::Unseal)?;
        let plain = self.key.unseal(sealed, associated_data)?;
        let bytes = plain.as_slice().try_into().map(Zeroizing::new).map_err(|_| KeyError::Unseal)?;
        DataKey::from_bytes(bytes, self.key.nonces())
    }
}

fn file_of(name: &str) -> String {
    format!("subjects-{name}.key")
}

fn purpose_of(name: &str) -> Vec<u8> {
    format!("wrapping key {name}").into_bytes()
}

impl KeyStore {
    /// A new wrapping key, on disk.
    pub fn new_wrapping_key(&self) -> Result<WrappingKey, KeyError> {
        let name = random()?;
        let key = self.new_data_key()?;
        let made = WrappingKey { name, key };
        let sealed = self.seal(made.key.bytes(), &purpose_of(&made.name()))?;
        self.directory().create(&file_of(&made.name()), &format!("{}\n", STANDARD.encode(sealed)))?;
        Ok(made)
    }

    /// The wrapping key of that name.
    pub fn wrapping_key(&self, name: &str) -> Result<WrappingKey, KeyError> {
        let directory: &KeyDirectory = self.directory();
        let file = file_of(name);
        let damaged = || directory.damaged(&file, "wrapping key");
        let number = u64::from_str_radix(name, 16).map_err(|_| damaged())?;
        let text = directory.load(&file)?.ok_or_else(damaged)?;
        let sealed = STANDARD.decode(text.trim_end()).map_err(|_| damaged())?;
        let plain = self.unseal(&sealed, &purpose_of(name)).map_err(|_| damaged())?;
        let bytes: [u8; KEY_BYTES] = plain.as_slice().try_into().map_err(|_| damaged())?;
        Ok(WrappingKey { name: number.to_be_bytes(), key: self.data_key(Zeroizing::new(bytes))? })
    }

    /// Overwrites the wrapping key of that name and removes it. Fine if there is none.
    pub fn destroy_wrapping_key(&self, name: &str) -> Result<(), KeyError> {
        self.directory().destroy(&file_of(name))
    }
}
