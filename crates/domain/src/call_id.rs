//! The name of one call: in the reply, in the log, in every message about it.

use crate::UnixMillis;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Digits and lower-case letters without `i l o u`: 32 signs that nobody mistakes when reading aloud.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 128 bits in groups of five.
const LENGTH: usize = 26;

/// 128 bits: 48 of time in milliseconds, 80 of chance. Sorts by time of minting.
///
/// Written as 26 signs of a base-32 alphabet. It is a name, not a secret: knowing one gives no access.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(u128);

impl CallId {
    /// The identifier for a call that arrived `at`, with `chance` from the system's generator.
    pub fn mint(at: UnixMillis, chance: [u8; 10]) -> Self {
        let low = chance.iter().fold(0u128, |sum, byte| sum << 8 | u128::from(*byte));
        Self(u128::from(at.0 & 0xffff_ffff_ffff) << 80 | low)
    }

    /// The 16 bytes, big-endian.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The identifier that [`CallId::to_bytes`] gave.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; LENGTH];
        let mut rest = self.0;
        for sign in text.iter_mut().rev() {
            *sign = ALPHABET.get((rest & 31) as usize).copied().unwrap_or(b'0');
            rest >>= 5;
        }
        out.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromStr for CallId {
    type Err = crate::NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || crate::NameError::new("call id", text);
        if text.len() != LENGTH || !text.starts_with(|first: char| first.is_ascii_digit() && first < '8') {
            return Err(wrong());
        }
        text.bytes()
            .try_fold(0u128, |sum, sign| {
                let value = ALPHABET.iter().position(|known| *known == sign)?;
                Some(sum << 5 | value as u128)
            })
            .map(Self)
            .ok_or_else(wrong)
    }
}

impl Serialize for CallId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CallId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
