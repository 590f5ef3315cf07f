//! The outside of a token: size, shape, header. Reads one way only, before any key is looked for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Json, JsonLimits};
use jsonwebtoken::Algorithm;

/// Access tokens of the common identity providers have 1 to 3 KiB; HTTP servers cap a header line at 8 KiB.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Claims and headers are small and flat; a group claim is an array.
const TOKEN_JSON: JsonLimits = JsonLimits { depth: 8, values: 1024 };

/// A token whose signature nobody has checked yet.
pub(crate) struct UnverifiedToken<'a> {
    pub(crate) algorithm: Algorithm,
    pub(crate) key_id: String,
    pub(crate) signed_part: &'a str,
    pub(crate) signature: &'a str,
    payload: &'a str,
}

impl<'a> UnverifiedToken<'a> {
    /// Takes a token apart. The reason is for the operator and holds nothing of the token.
    pub(crate) fn read(token: &'a str) -> Result<Self, &'static str> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err("the token is longer than 8 KiB");
        }
        let (signed_part, signature) = token.rsplit_once('.').ok_or("the token has no three parts")?;
        let (header, payload) = signed_part.split_once('.').ok_or("the token has no three parts")?;
        if payload.contains('.') || signature.is_empty() {
            return Err("the token has no three parts");
        }
        let header = decode(header)?;
        let text = |name: &str| header.get(name).and_then(Json::as_str);
        for forbidden in ["crit", "jku", "jwk", "x5u", "x5c", "b64", "zip", "enc"] {
            if header.get(forbidden).is_some() {
                return Err("the token's header names keys or extensions that are not accepted");
            }
        }
        let is_access_token = text("typ").is_some_and(|kind| {
            ["at+jwt", "application/at+jwt"].contains(&kind.to_ascii_lowercase().as_str())
        });
        if !is_access_token {
            return Err("the token's type is not `at+jwt`");
        }
        let algorithm = match text("alg") {
            Some("EdDSA") => Algorithm::EdDSA,
            Some("ES256") => Algorithm::ES256,
            Some("RS256") => Algorithm::RS256,
            _ => return Err("the token's algorithm is not one of EdDSA, ES256, RS256"),
        };
        let key_id = text("kid").ok_or("the token names no key")?.to_owned();
        // Two spellings of one signature would be two entries in the cache of verified tokens.
        URL_SAFE_NO_PAD.decode(signature).map_err(|_| "the token's signature is not canonical base64url")?;
        Ok(Self { algorithm, key_id, signed_part, signature, payload })
    }

    /// The claims. Only their verified use is of any worth.
    pub(crate) fn claims(&self) -> Result<Json, &'static str> {
        decode(self.payload)
    }
}

fn decode(part: &str) -> Result<Json, &'static str> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| "a part of the token is not canonical base64url")?;
    let json = Json::parse(&bytes, TOKEN_JSON).map_err(|_| "a part of the token is not one JSON object")?;
    json.members().is_some().then_some(json).ok_or("a part of the token is not one JSON object")
}
