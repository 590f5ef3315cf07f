//! HMAC-SHA-256, RFC 2104, for messages to those who know the same secret.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};

/// The tag of `message` under `key`.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    sign(&Key::new(HMAC_SHA256, key), message).as_ref().to_vec()
}
