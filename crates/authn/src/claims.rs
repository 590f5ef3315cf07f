//! The inside of a verified token: every required claim, of exactly the right type.

use domain::{ClientId, Json, PersonId, Principal, Refusal, RefusalCode, TenantId, TokenId, UnixMillis};
use revocation::TOKEN_REMEMBERED;
use std::sync::Arc;

/// Clocks of two machines under NTP differ by less; a minute would let an expired token live on.
const CLOCK_SKEW_SECONDS: u64 = 5;

/// What a token is for. A token has exactly one audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The MCP endpoint.
    Mcp,
    /// The admin plane.
    Admin,
}

/// What is expected of a token, apart from its signature.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    /// The audience of the MCP endpoint, and that of the admin plane if the issuer may open it.
    pub(crate) audiences: [Option<(&'a str, Audience)>; 2],
    /// A tenant that the issuer is bound to; `None` reads the claim.
    pub(crate) tenant: Option<&'a TenantId>,
    pub(crate) roles_claim: Option<&'a str>,
}

/// The claims that the house uses.
#[derive(Debug)]
pub(crate) struct Claims {
    pub(crate) principal: Principal,
    pub(crate) token: TokenId,
    pub(crate) audience: Audience,
    pub(crate) roles: Vec<Arc<str>>,
    pub(crate) expires: UnixMillis,
}

impl Claims {
    pub(crate) fn check(claims: &Json, expected: &Expected<'_>, now: UnixMillis) -> Result<Self, Refusal> {
        let text = |name: &'static str| {
            claims
                .get(name)
                .and_then(Json::as_str)
                .ok_or_else(|| unauthenticated(format!("claim `{name}` is missing or not a string")))
        };
        if text("iss")? != expected.issuer {
            return Err(unauthenticated("claim `iss` is not the issuer of the key"));
        }
        let audience = audience(claims, expected)?;
        let expires = moment(claims, "exp")?.ok_or_else(|| unauthenticated("claim `exp` is missing"))?;
        let issued = moment(claims, "iat")?.ok_or_else(|| unauthenticated("claim `iat` is missing"))?;
        let not_before = moment(claims, "nbf")?.unwrap_or(0);
        let token = text("jti")?.parse::<TokenId>().map_err(|error| unauthenticated(error.to_string()))?;
        let latest = now.seconds().saturating_add(CLOCK_SKEW_SECONDS);
        if issued > latest {
            return Err(unauthenticated("claim `iat` is in the future"));
        }
        // A token that was revoked is remembered for so long, and must not come back after that.
        if issued.saturating_add(TOKEN_REMEMBERED.as_secs()) <= now.seconds() {
            return Err(unauthenticated("the token was issued more than a year ago"));
        }
        if not_before > latest {
            return Err(unauthenticated("the token is not valid yet"));
        }
        if now.seconds() >= expires.saturating_add(CLOCK_SKEW_SECONDS) {
            return Err(Refusal::new(RefusalCode::TokenExpired, "the token has expired"));
        }
        let tenant = match expected.tenant {
            Some(tenant) => tenant.clone(),
            None => {
                text("tenant")?.parse::<TenantId>().map_err(|error| unauthenticated(error.to_string()))?
            }
        };
        let person = text("sub")?.parse::<PersonId>().map_err(|error| unauthenticated(error.to_string()))?;
        let client =
            text("client_id")?.parse::<ClientId>().map_err(|error| unauthenticated(error.to_string()))?;
        Ok(Self {
            principal: Principal { tenant, person, client },
            token,
            audience,
            roles: roles(claims, expected.roles_claim)?,
            expires: UnixMillis(expires.saturating_mul(1000)),
        })
    }
}

fn unauthenticated(internal: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(RefusalCode::Unauthenticated, internal)
}

/// Exactly one audience, compared byte for byte: a token that is good here and elsewhere could be replayed.
fn audience(claims: &Json, expected: &Expected<'_>) -> Result<Audience, Refusal> {
    let named = match claims.get("aud") {
        Some(Json::String(one)) => Some(one.as_str()),
        Some(Json::Array(list)) => match list.as_slice() {
            [only] => only.as_str(),
            _ => None,
        },
        _ => None,
    };
    let named = named.ok_or_else(|| unauthenticated("claim `aud` does not name exactly one audience"))?;
    expected
        .audiences
        .iter()
        .flatten()
        .find(|(url, _)| *url == named)
        .map(|(_, audience)| *audience)
        .ok_or_else(|| unauthenticated("claim `aud` names another audience"))
}

/// A `NumericDate` in whole seconds; a claim of any other type is a refusal, never an absence.
fn moment(claims: &Json, name: &str) -> Result<Option<u64>, Refusal> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => value
            .as_i64()
            .and_then(|seconds| u64::try_from(seconds).ok())
            .map(Some)
            .ok_or_else(|| unauthenticated(format!("claim `{name}` is not a whole number of seconds"))),
    }
}

fn roles(claims: &Json, claim: Option<&str>) -> Result<Vec<Arc<str>>, Refusal> {
    let Some(value) = claim.and_then(|name| claims.get(name)) else { return Ok(Vec::new()) };
    match value {
        Json::Array(items) => items
            .iter()
            .map(|item| item.as_str().map(Arc::from))
            .collect::<Option<_>>()
            .ok_or_else(|| unauthenticated("the roles claim is not an array of strings")),
        _ => Err(unauthenticated("the roles claim is not an array of strings")),
    }
}
