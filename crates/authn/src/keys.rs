//! Public keys of one issuer, from a JWKS document. RFC 7517.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use std::collections::HashMap;

/// NIST SP 800-131A: RSA below 2,048 bits is not accepted; the modulus is base64url, 4 signs for 3 bytes.
const MIN_RSA_MODULUS_SIGNS: usize = 2048 / 8 * 4 / 3;

/// The y coordinates of the eight points of low order on Curve25519's Edwards form, little-endian
/// without the sign bit: 0, 1, -1, the two of order eight, then 0 and 1 written with p added.
const LOW_ORDER_Y: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// A key set that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    /// Not a JWKS document.
    #[error("not a JWKS document")]
    NotJwks(#[source] serde_json::Error),
    /// A key without `kid`, with an unknown type, or too short.
    #[error("key {position} of the set cannot be used: {why}")]
    Unusable {
        /// Position in the document, from 0.
        position: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Two keys of one name.
    #[error("key id `{key_id}` occurs twice")]
    Twice {
        /// The name.
        key_id: String,
    },
    /// No key at all.
    #[error("the set holds no signing key")]
    Empty,
}

/// The keys of one issuer. A key verifies one algorithm only, whatever a token's header says.
pub struct KeySet(HashMap<String, (Algorithm, DecodingKey)>);

impl KeySet {
    /// Reads a JWKS document of the operator. Encryption keys are passed over; every other key has to be usable.
    pub fn from_jwks(document: &str) -> Result<Self, KeySetError> {
        let set: JwkSet = serde_json::from_str(document).map_err(KeySetError::NotJwks)?;
        let mut keys = Self(HashMap::new());
        for (position, jwk) in set.keys.iter().enumerate() {
            keys.add(jwk).map_err(|fault| fault.at(position))?;
        }
        keys.unless_empty()
    }

    /// Reads a JWKS document that a provider publishes. Keys that cannot be used are passed over, those of
    /// kinds that are newer than this server among them; of two keys of one name neither is taken.
    pub(crate) fn published(document: &str) -> Result<Self, KeySetError> {
        let set: PublishedSet = serde_json::from_str(document).map_err(KeySetError::NotJwks)?;
        let mut keys = Self(HashMap::new());
        let mut twice = Vec::new();
        for (position, value) in set.keys.into_iter().enumerate() {
            let added = serde_json::from_value::<Jwk>(value)
                .map_err(|_| Fault::Unusable("it is of an unknown kind"))
                .and_then(|jwk| keys.add(&jwk));
            match added {
                Ok(()) => {}
                Err(Fault::Twice(key_id)) => twice.push(key_id),
                Err(Fault::Unusable(why)) => tracing::debug!(position, why, "a published key is passed over"),
            }
        }
        keys.0.retain(|key_id, _| !twice.contains(key_id));
        keys.unless_empty()
    }

    fn add(&mut self, jwk: &Jwk) -> Result<(), Fault> {
        if jwk.common.public_key_use == Some(PublicKeyUse::Encryption) {
            return Ok(());
        }
        let key_id = jwk.common.key_id.clone().ok_or(Fault::Unusable("it has no `kid`"))?;
        let algorithm = algorithm(jwk).map_err(Fault::Unusable)?;
        let key =
            DecodingKey::from_jwk(jwk).map_err(|_| Fault::Unusable("its numbers are not a public key"))?;
        match self.0.insert(key_id.clone(), (algorithm, key)) {
            None => Ok(()),
            Some(_) => Err(Fault::Twice(key_id)),
        }
    }

    fn unless_empty(self) -> Result<Self, KeySetError> {
        if self.0.is_empty() { Err(KeySetError::Empty) } else { Ok(self) }
    }

    /// The key `key_id` if it verifies `algorithm`.
    pub(crate) fn get(&self, key_id: &str, algorithm: Algorithm) -> Option<&DecodingKey> {
        self.0.get(key_id).filter(|(own, _)| *own == algorithm).map(|(_, key)| key)
    }

    /// The names of the keys.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// The one algorithm that a key is for.
fn algorithm(jwk: &Jwk) -> Result<Algorithm, &'static str> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            if !is_sound_ed25519(&key.x) {
                return Err("it is not 32 bytes long, or a point of low order");
            }
            Algorithm::EdDSA
        }
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::RSA(key) if key.n.trim_end_matches('=').len() >= MIN_RSA_MODULUS_SIGNS => {
            Algorithm::RS256
        }
        AlgorithmParameters::RSA(_) => return Err("an RSA key needs 2,048 bits or more"),
        _ => return Err("its type is not Ed25519, P-256 or RSA"),
    };
    let named = jwk.common.key_algorithm;
    let agrees = match algorithm {
        Algorithm::EdDSA => matches!(named, None | Some(KeyAlgorithm::EdDSA)),
        Algorithm::ES256 => matches!(named, None | Some(KeyAlgorithm::ES256)),
        _ => matches!(named, None | Some(KeyAlgorithm::RS256)),
    };
    if agrees {
        Ok(algorithm)
    } else {
        Err("its `alg` is not one of EdDSA, ES256, RS256 or does not fit its type")
    }
}

/// What is wrong with one key.
enum Fault {
    Unusable(&'static str),
    Twice(String),
}

impl Fault {
    fn at(self, position: usize) -> KeySetError {
        match self {
            Self::Unusable(why) => KeySetError::Unusable { position, why },
            Self::Twice(key_id) => KeySetError::Twice { key_id },
        }
    }
}

/// A document whose keys are looked at one by one.
#[derive(Deserialize)]
struct PublishedSet {
    keys: Vec<serde_json::Value>,
}

/// Under a key of low order, one signature fits every message. RFC 8032 leaves the check to the caller.
fn is_sound_ed25519(x: &str) -> bool {
    let Ok(mut point) = URL_SAFE_NO_PAD.decode(x) else { return false };
    if let Some(last) = point.last_mut() {
        *last &= 0x7f;
    }
    let text: String = point.iter().map(|byte| format!("{byte:02x}")).collect();
    point.len() == 32 && !LOW_ORDER_Y.contains(&text.as_str())
}
