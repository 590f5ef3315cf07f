//! The one gate in front of every route: authentication, then policy; every refusal is recorded
//! before it is answered.

use crate::caller::{Caller, Peer};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::parts::Shared;
use audit::{Refused, Who};
use authn::{Arrival, Audience};
use authz::Denied;
use axum::http::HeaderMap;
use domain::{ControlVerdict, Digest, Refusal, RefusalCode, Secret};
use http::header::{AUTHORIZATION, USER_AGENT};
use std::sync::Arc;
use std::time::Instant;

/// Signs of a user agent that go into a record.
const MAX_USER_AGENT_SIGNS: usize = 256;

/// Lets a caller through, or says why not; the refusal is on record then.
pub(crate) async fn admit(
    shared: &Shared,
    endpoint: Endpoint,
    peer: Peer,
    headers: &HeaderMap,
    started: Instant,
) -> Result<Caller, ApiError> {
    if peer.is_owner && endpoint.is_open_to_owner() && !headers.contains_key(AUTHORIZATION) {
        return Ok(Caller::Owner);
    }
    let arrival = Arrival {
        credentials: bearer(headers),
        peer: peer.address,
        user_agent: user_agent(headers),
        body: Default::default(),
    };
    let authenticator = &shared.parts.authenticator;
    let policy = shared.parts.policy.now();
    let mut authenticated = match authn::authenticate(&arrival, Audience::Admin, authenticator).await {
        Ok(authenticated) => authenticated,
        Err(refusal) => return Err(turn_away(shared, peer, refusal)),
    };
    let mut last = None;
    for action in endpoint.actions() {
        match authz::authorize_admin(authenticated, *action, &policy) {
            Ok(permit) => return Ok(Caller::Permitted(Box::new(permit))),
            Err(denied) => {
                let Denied { refusal, authenticated: given_back, reasons, verdict, .. } = *denied;
                authenticated = given_back;
                last = Some((refusal, reasons, verdict));
            }
        }
    }
    if endpoint.is_open_to_delegates() {
        match authz::authorize_delegate(authenticated, &policy) {
            Ok(permit) => return Ok(Caller::Delegate(Arc::new(permit))),
            // What the route's own action was refused for says more.
            Err(denied) => authenticated = denied.authenticated,
        }
    }
    let (refusal, reasons, controls) = match last {
        Some((refusal, reasons, verdict)) => {
            (refusal, reasons, vec![authenticated.verdict().clone(), verdict])
        }
        None => (Refusal::new(RefusalCode::Denied, "the route has no action"), Vec::new(), Vec::new()),
    };
    let reasons = reasons.iter().map(|reason| reason.to_string()).collect();
    let (who, policy) = (validate::who(&authenticated), policy.policy_hash());
    let facts = Facts { endpoint, who, policy, reasons, controls, started };
    Err(record(shared, facts, ApiError::of(refusal)).await)
}

/// A refusal without a principal: counted by source and minute.
pub(crate) fn turn_away(shared: &Shared, peer: Peer, refusal: Refusal) -> ApiError {
    tracing::debug!(peer = %peer.address, reason = refusal.internal(), "admin request refused");
    shared.parts.audit.refused_before_authentication(peer.address, refusal.code());
    ApiError::of(refusal)
}

/// What is known about a refused request of a known caller.
pub(crate) struct Facts {
    pub(crate) endpoint: Endpoint,
    pub(crate) who: Who,
    /// The policy that decided.
    pub(crate) policy: Digest,
    pub(crate) reasons: Vec<String>,
    pub(crate) controls: Vec<ControlVerdict>,
    pub(crate) started: Instant,
}

/// One durable record; gives back what the caller is told.
pub(crate) async fn record(shared: &Shared, facts: Facts, error: ApiError) -> ApiError {
    let call = match shared.mint_call() {
        Ok(call) => call,
        Err(refusal) => return ApiError::of(refusal),
    };
    let refused = Refused {
        call,
        who: facts.who,
        tool: Some(facts.endpoint.name().to_owned()),
        refusal: error.refusal().clone(),
        arguments: None,
        basis: None,
        policy: Some(facts.policy),
        reasons: facts.reasons,
        controls: facts.controls,
        duration_us: u64::try_from(facts.started.elapsed().as_micros()).unwrap_or(u64::MAX),
    };
    match shared.parts.audit.refused(refused).await {
        Ok(_) => error,
        Err(unrecorded) => ApiError::of(unrecorded),
    }
}

/// The token of exactly one `Authorization: Bearer`. RFC 6750 §2.1.
fn bearer(headers: &HeaderMap) -> Option<Secret<String>> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (only, None) = (all.next()?, all.next()) else { return None };
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| Secret::new(token.to_owned()))
}

fn user_agent(headers: &HeaderMap) -> Option<Arc<str>> {
    let text = headers.get(USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(MAX_USER_AGENT_SIGNS).collect::<String>().into())
}
