//! The layer's one question, and its evidence.

use crate::cache::{Under, VerifiedTokens};
use crate::claims::{Claims, Expected};
use crate::issuer_keys::PublishedKeys;
use crate::token::UnverifiedToken;
use crate::{Arrival, Audience, Elevations, IssuerKeys};
use domain::{
    Clock, Control, ControlVerdict, Digest, Principal, Refusal, RefusalCode, TenantId, TokenId, UnixMillis,
    Verdict,
};
use futures_util::future::join_all;
use revocation::{Revocations, Standing};
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::watch;

/// An issuer whose tokens are accepted.
pub struct TrustedIssuer {
    /// The `iss` claim, byte for byte.
    pub issuer: String,
    /// Its public keys.
    pub keys: IssuerKeys,
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
    elevations: Arc<Elevations>,
    revocations: Arc<Revocations>,
    clock: Arc<dyn Clock>,
}

impl Authenticator {
    /// Accepts tokens of `issuers` for `mcp_audience`, the canonical MCP URL, and for that URL + `/admin`.
    pub fn new(issuers: Vec<TrustedIssuer>, mcp_audience: String, clock: Arc<dyn Clock>) -> Self {
        let admin_audience = format!("{mcp_audience}/admin");
        let (verified, revocations, elevations) = (VerifiedTokens::default(), Arc::default(), Arc::default());
        Self { issuers, mcp_audience, admin_audience, verified, elevations, revocations, clock }
    }

    /// Who has roles for a time. Nobody has, until it is said here.
    pub const fn elevations(&self) -> &Arc<Elevations> {
        &self.elevations
    }

    /// What is revoked. Nobody and nothing is, until it is said here.
    pub const fn revocations(&self) -> &Arc<Revocations> {
        &self.revocations
    }

    /// What something that `caller` has begun waits on, to end with them.
    pub fn standing(&self, caller: &Authenticated) -> Standing {
        self.revocations.standing(caller.claims.principal.clone(), caller.claims.token.clone())
    }

    /// Asks each key server in its turn, until `stopping` turns true.
    pub async fn follow_keys(&self, mut stopping: watch::Receiver<bool>) {
        tokio::select! {
            _ = join_all(self.published().map(|keys| self.follow(keys))) => {}
            // Only whether it ended is kept: the value that is waited for holds a lock.
            _ = async { stopping.wait_for(|stop| *stop).await.is_ok() } => {}
        }
    }

    async fn follow(&self, keys: &PublishedKeys) {
        loop {
            keys.ask_in_turn(self.clock.now()).await;
            tokio::time::sleep(keys.refresh()).await;
        }
    }

    fn published(&self) -> impl Iterator<Item = &PublishedKeys> {
        self.issuers.iter().filter_map(|issuer| issuer.keys.published())
    }

    async fn claims(&self, token: &str) -> Result<Arc<Claims>, Refusal> {
        let now = self.clock.now();
        let digest = Digest::of(token.as_bytes());
        let holds = |under: Under| {
            self.issuers.get(under.issuer).is_some_and(|issuer| issuer.keys.generation() == under.generation)
        };
        if let Some(claims) = self.verified.get(digest, now, holds) {
            return Ok(claims);
        }
        let token = UnverifiedToken::read(token).map_err(unauthenticated)?;
        if !self.knows_key_of(&token, now) {
            join_all(self.published().map(|keys| keys.ask_for_unknown(now))).await;
        }
        let (claims, under) = self.verify(&token, now)?;
        let claims = Arc::new(claims);
        self.verified.put(digest, &claims, under, now);
        Ok(claims)
    }

    fn knows_key_of(&self, token: &UnverifiedToken<'_>, now: UnixMillis) -> bool {
        let mut keys = self.issuers.iter().filter_map(|issuer| issuer.keys.at(now));
        keys.any(|keys| keys.get(&token.key_id, token.algorithm).is_some())
    }

    /// Finds the key by the token's key id, verifies, and only then reads the claims against that
    /// key's issuer: the token does not choose whose rules it is read by.
    fn verify(&self, token: &UnverifiedToken<'_>, now: UnixMillis) -> Result<(Claims, Under), Refusal> {
        let mut is_known = false;
        let signer = self.issuers.iter().enumerate().find_map(|(at, issuer)| {
            // The number first: if the keys change in between, the token is verified once more.
            let under = Under { issuer: at, generation: issuer.keys.generation() };
            let keys = issuer.keys.at(now)?;
            let key = keys.get(&token.key_id, token.algorithm)?;
            is_known = true;
            let message = token.signed_part.as_bytes();
            let verified = jsonwebtoken::crypto::verify(token.signature, message, key, token.algorithm);
            verified.unwrap_or(false).then_some((issuer, under))
        });
        let Some((issuer, under)) = signer else {
            return Err(unauthenticated(if is_known {
                "the token's signature does not verify"
            } else {
                "no issuer has a key of the token's name and algorithm"
            }));
        };
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
        Ok((Claims::check(&token.claims().map_err(unauthenticated)?, &expected, now)?, under))
    }
}

fn unauthenticated(why: &'static str) -> Refusal {
    Refusal::new(RefusalCode::Unauthenticated, why)
}

/// Evidence of layer 1: a token for this server, verified, of this principal.
///
/// Not `Clone`, not `Default`, not `Deserialize`; only [`authenticate`] makes one, and
/// [`Authenticated::child`] for a call made by a call.
#[derive(Debug)]
pub struct Authenticated {
    claims: Arc<Claims>,
    /// The token's roles and those that the person has for a time; `None` if there are none of these.
    elevated: Option<Arc<[Arc<str>]>>,
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

    /// Roles that the token itself may claim, by its issuer's configuration, and those that the person was
    /// given for a time in an emergency.
    pub fn token_roles(&self) -> &[Arc<str>] {
        self.elevated.as_deref().unwrap_or(&self.claims.roles)
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
            elevated: self.elevated.clone(),
            peer: self.peer,
            user_agent: self.user_agent.clone(),
            verdict: self.verdict.clone(),
        }
    }
}

/// Layer 1. Waits only for a key server, if the token names a key that nobody knows. Refuses with `unauthenticated` or `token_expired`; a token for the other plane is `unauthenticated`.
pub async fn authenticate(
    arrival: &Arrival,
    audience: Audience,
    authenticator: &Authenticator,
) -> Result<Authenticated, Refusal> {
    let token = arrival
        .credentials
        .as_ref()
        .ok_or_else(|| Refusal::new(RefusalCode::Unauthenticated, "no bearer token"))?;
    let claims = authenticator.claims(token.expose()).await?;
    if claims.audience != audience {
        return Err(Refusal::new(RefusalCode::Unauthenticated, "the token is for the other plane"));
    }
    // After the cache: what is revoked is refused though its token was verified a moment ago.
    if let Some(why) = authenticator.revocations.of_caller(&claims.principal, &claims.token) {
        return Err(Refusal::new(RefusalCode::Unauthenticated, why));
    }
    let elevated = authenticator.elevations.with(&claims.principal, &claims.roles, authenticator.clock.now());
    Ok(Authenticated {
        claims,
        elevated: elevated.map(Into::into),
        peer: arrival.peer,
        user_agent: arrival.user_agent.clone(),
        verdict: ControlVerdict::new(Control::AuthnToken, Verdict::Pass),
    })
}
