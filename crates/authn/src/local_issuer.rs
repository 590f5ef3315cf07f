//! The embedded issuer: mints tokens with the server's own key.

use crate::{Audience, KeySet, KeySetError, TrustedIssuer};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{ClientId, Digest, PersonId, Secret, TenantId, UnixMillis};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use std::time::Duration;

/// A day: a token that leaks is good for no longer.
pub const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// A token that cannot be minted.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// Zero, or longer than [`MAX_LIFETIME`].
    #[error("a token's lifetime is between 1 second and 24 hours")]
    Lifetime,
    /// The key does not sign.
    #[error("the issuer's key cannot sign")]
    Key(#[source] jsonwebtoken::errors::Error),
}

/// What a token shall say.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// `tenant`
    pub tenant: TenantId,
    /// `sub`
    pub person: PersonId,
    /// `client_id`
    pub client: ClientId,
    /// `aud`
    pub audience: Audience,
    /// From now to `exp`.
    pub lifetime: Duration,
}

/// Mints EdDSA tokens of type `at+jwt` (RFC 9068).
pub struct LocalIssuer {
    issuer: String,
    mcp_audience: String,
    key: EncodingKey,
    public_key: [u8; 32],
    key_id: String,
}

impl LocalIssuer {
    /// `issuer` is the `iss` claim, `pkcs8` the Ed25519 key pair, `public_key` its public half.
    pub fn new(issuer: String, mcp_audience: String, pkcs8: &Secret<Vec<u8>>, public_key: [u8; 32]) -> Self {
        let key_id = Digest::of(&public_key).to_string().chars().take(16).collect();
        Self { issuer, mcp_audience, key: EncodingKey::from_ed_der(pkcs8.expose()), public_key, key_id }
    }

    /// How the server trusts its own issuer.
    pub fn trusted(&self) -> Result<TrustedIssuer, KeySetError> {
        let document = serde_json::json!({ "keys": [{
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
            "kid": self.key_id, "x": URL_SAFE_NO_PAD.encode(self.public_key),
        }]});
        Ok(TrustedIssuer {
            issuer: self.issuer.clone(),
            keys: KeySet::from_jwks(&document.to_string())?.into(),
            audience: None,
            admin: true,
            tenant: None,
            roles_claim: Some("roles".to_owned()),
        })
    }

    /// Mints a token. `identifier` is `jti`: 16 random bytes of the caller.
    pub fn mint(
        &self,
        request: &TokenRequest,
        now: UnixMillis,
        identifier: [u8; 16],
    ) -> Result<Secret<String>, MintError> {
        if request.lifetime < Duration::from_secs(1) || request.lifetime > MAX_LIFETIME {
            return Err(MintError::Lifetime);
        }
        let audience = match request.audience {
            Audience::Mcp => self.mcp_audience.clone(),
            Audience::Admin => format!("{}/admin", self.mcp_audience),
        };
        let issued = now.seconds();
        let claims = serde_json::json!({
            "iss": self.issuer,
            "sub": request.person,
            "aud": audience,
            "exp": issued.saturating_add(request.lifetime.as_secs()),
            "nbf": issued,
            "iat": issued,
            "jti": URL_SAFE_NO_PAD.encode(identifier),
            "client_id": request.client,
            "tenant": request.tenant,
        });
        let header = Header {
            typ: Some("at+jwt".to_owned()),
            kid: Some(self.key_id.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        jsonwebtoken::encode(&header, &claims, &self.key).map(Secret::new).map_err(MintError::Key)
    }
}
