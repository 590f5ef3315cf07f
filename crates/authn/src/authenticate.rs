//! The layer's one question, and its evidence.

use crate::cache::VerifiedTokens;
use crate::claims::{Claims, Expected};
use crate::token::UnverifiedToken;
use crate::{Arrival, Audience, KeySet};
use domain::{
    Clock, Control, ControlVerdict, Digest, Principal, Refusal, RefusalCode, TenantId, TokenId, Verdict,
};
use revocation::{Revocations, Standing};
use std::net::IpAddr;
use std::sync::Arc;

/// An issuer whose tokens are accepted.
pub struct TrustedIssuer {
    /// The `iss` claim, byte for byte.
    pub issuer: String,
    /// Its public keys.
    pub keys: KeySet,
    /// The `aud` that its tokens for the MCP endpoint have; `None` is the canonical MCP URL.
    pub audience: Option<String>,
    /// True if its tokens may open the admin plane. The local issuer's may; a provider of identities
    /// may name people as it likes, and must not be able to name an approver.
    pub admin: bool,
    /// The tenant that it speaks for; `None` (the local issuer only) reads the claim `tenant`.
    pub tenant: Option<TenantId>,
    /// The claim that holds role names; `None` takes no role from its tokens.
    pub roles_claim: Option<String>,
}

/// Who is believed, and for what.
pub struct Authenticator {
    issuers: Vec<TrustedIssuer>,
    mcp_audience: String,
    admin_audience: String,
    verified: VerifiedTokens,
    revocations: Arc<Revocations>,
    clock: Arc<dyn Clock>,
}

impl Authenticator {
    /// Accepts tokens of `issuers` for `mcp_audience`, the canonical MCP URL, and for that URL + `/admin`.
    pub fn new(issuers: Vec<TrustedIssuer>, mcp_audience: String, clock: Arc<dyn Clock>) -> Self {
        let admin_audience = format!("{mcp_audience}/admin");
        let (verified, revocations) = (VerifiedTokens::default(), Arc::default());
        Self { issuers, mcp_audience, admin_audience, verified, revocations, clock }
    }

    /// What is revoked. Nobody and nothing is, until it is said here.
    pub const fn revocations(&self) -> &Arc<Revocations> {
        &self.revocations
    }

    /// What something that `caller` has begun waits on, to end with them.
    pub fn standing(&self, caller: &Authenticated) -> Standing {
        self.revocations.standing(caller.claims.principal.clone(), caller.claims.token.clone())
    }

    /// The names of the issuers and their keys, for the operator.
    pub fn issuers(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        self.issuers.iter().map(|issuer| (issuer.issuer.as_str(), issuer.keys.names().collect()))
    }

    fn claims(&self, token: &str) -> Result<Arc<Claims>, Refusal> {
        let now = self.clock.now();
        let digest = Digest::of(token.as_bytes());
        if let Some(claims) = self.verified.get(digest, now) {
            return Ok(claims);
        }
        let claims = Arc::new(self.verify(token)?);
        self.verified.put(digest, &claims, now);
        Ok(claims)
    }

    /// Finds the key by the token's key id, verifies, and only then reads the claims against that
    /// key's issuer: the token does not choose whose rules it is read by.
    fn verify(&self, token: &str) -> Result<Claims, Refusal> {
        let refuse = |why: &'static str| Refusal::new(RefusalCode::Unauthenticated, why);
        let token = UnverifiedToken::read(token).map_err(refuse)?;
        let mut candidates = self
            .issuers
            .iter()
            .filter_map(|issuer| Some((issuer, issuer.keys.get(&token.key_id, token.algorithm)?)))
            .peekable();
        if candidates.peek().is_none() {
            return Err(refuse("no issuer has a key of the token's name and algorithm"));
        }
        let issuer = candidates
            .find(|(_, key)| {
                let message = token.signed_part.as_bytes();
                jsonwebtoken::crypto::verify(token.signature, message, key, token.algorithm).unwrap_or(false)
            })
            .map(|(issuer, _)| issuer)
            .ok_or_else(|| refuse("the token's signature does not verify"))?;
        let admin = issuer.admin.then_some((self.admin_audience.as_str(), Audience::Admin));
        let expected = Expected {
            issuer: &issuer.issuer,
            audiences: [
                Some((issuer.audience.as_deref().unwrap_or(&self.mcp_audience), Audience::Mcp)),
                admin,
            ],
            tenant: issuer.tenant.as_ref(),
            roles_claim: issuer.roles_claim.as_deref(),
        };
        Claims::check(&token.claims().map_err(refuse)?, &expected, self.clock.now())
    }
}

/// Evidence of layer 1: a token for this server, verified, of this principal.
///
/// Not `Clone`, not `Default`, not `Deserialize`; only [`authenticate`] makes one, and
/// [`Authenticated::child`] for a call made by a call.
#[derive(Debug)]
pub struct Authenticated {
    claims: Arc<Claims>,
    peer: IpAddr,
    user_agent: Option<Arc<str>>,
    verdict: ControlVerdict,
}

impl Authenticated {
    /// Who calls.
    pub fn principal(&self) -> &Principal {
        &self.claims.principal
    }

    /// The token's own name (`jti`).
    pub fn token_id(&self) -> &TokenId {
        &self.claims.token
    }

    /// What the token is for.
    pub fn audience(&self) -> Audience {
        self.claims.audience
    }

    /// Roles that the token itself may claim, by its issuer's configuration.
    pub fn token_roles(&self) -> &[Arc<str>] {
        &self.claims.roles
    }

    /// Where the message came from. For the record.
    pub const fn peer(&self) -> IpAddr {
        self.peer
    }

    /// What the client calls itself. For the record; it proves nothing.
    pub fn user_agent(&self) -> Option<&str> {
        self.user_agent.as_deref()
    }

    /// What the layer says in the controls manifest.
    pub const fn verdict(&self) -> &ControlVerdict {
        &self.verdict
    }

    /// The same principal for a call that this call makes. The one exception to no-`Clone`.
    pub fn child(&self) -> Self {
        Self {
            claims: Arc::clone(&self.claims),
            peer: self.peer,
            user_agent: self.user_agent.clone(),
            verdict: self.verdict.clone(),
        }
    }
}

/// Layer 1. Refuses with `unauthenticated` or `token_expired`; a token for the other plane is `unauthenticated`.
pub fn authenticate(
    arrival: &Arrival,
    audience: Audience,
    authenticator: &Authenticator,
) -> Result<Authenticated, Refusal> {
    let token = arrival
        .credentials
        .as_ref()
        .ok_or_else(|| Refusal::new(RefusalCode::Unauthenticated, "no bearer token"))?;
    let claims = authenticator.claims(token.expose())?;
    if claims.audience != audience {
        return Err(Refusal::new(RefusalCode::Unauthenticated, "the token is for the other plane"));
    }
    // After the cache: what is revoked is refused though its token was verified a moment ago.
    if let Some(why) = authenticator.revocations.of_caller(&claims.principal, &claims.token) {
        return Err(Refusal::new(RefusalCode::Unauthenticated, why));
    }
    Ok(Authenticated {
        claims,
        peer: arrival.peer,
        user_agent: arrival.user_agent.clone(),
        verdict: ControlVerdict::new(Control::AuthnToken, Verdict::Pass),
    })
}
