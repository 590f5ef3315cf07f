//! Owns the keys behind tokens: one per tenant, from the installation's one key.

use super::hmac::Hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Secret, TenantId};

/// Bytes of the tag that a token shows: 128 bits, no two values of one tenant meet by chance.
const TOKEN_BYTES: usize = 16;

/// The installation's key for masks. 32 bytes from the system's generator; a new key changes every token.
pub struct MaskKey(Hmac);

impl MaskKey {
    /// Takes the key.
    pub fn new(key: Secret<[u8; 32]>) -> Self {
        Self(Hmac::new(key.expose()))
    }

    /// The key of one tenant: tokens of two tenants cannot be joined.
    pub(crate) fn of_tenant(&self, tenant: &TenantId) -> TenantKey {
        TenantKey(Hmac::new(&self.0.tag(format!("mask token of tenant {tenant}").as_bytes())))
    }
}

/// One tenant's key for tokens.
#[derive(Clone)]
pub(crate) struct TenantKey(Hmac);

impl TenantKey {
    /// `tok_` and 22 signs: the same for the same value, whichever table and column it stands in.
    pub(crate) fn token(&self, value: &[u8]) -> String {
        let tag = self.0.tag(value);
        let shown = tag.get(..TOKEN_BYTES).unwrap_or_default();
        format!("tok_{}", URL_SAFE_NO_PAD.encode(shown))
    }
}
