//! One server, one issuer, one moment; tokens and questions in few words.

use crate::signer::SIGNER;
use authn::{Arrival, Audience, Authenticated, Authenticator, KeySet, TrustedIssuer, authenticate};
use bytes::Bytes;
use domain::{Clock, Refusal, RefusalCode, Secret, UnixMillis};
use futures_util::FutureExt as _;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub const MCP: &str = "https://mcp.example.com/mcp";
pub const ISSUER: &str = "https://login.example.com";

pub use crate::token_cases::{CLAIMS, HEADER, NOW};

/// A clock that stands until it is moved.
pub struct ManualClock(AtomicU64);

impl ManualClock {
    pub fn at_seconds(seconds: u64) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(seconds * 1000)))
    }

    pub fn advance_ms(&self, milliseconds: u64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::SeqCst))
    }
}

/// The issuer with all its keys; it speaks for the tenant `acme`.
pub fn issuer() -> TrustedIssuer {
    issuer_with(&SIGNER.jwks())
}

pub fn issuer_with(jwks: &str) -> TrustedIssuer {
    TrustedIssuer {
        admin: true,
        issuer: ISSUER.to_owned(),
        keys: KeySet::from_jwks(jwks).unwrap().into(),
        audience: None,
        tenant: Some("acme".parse().unwrap()),
        roles_claim: Some("groups".to_owned()),
    }
}

pub fn authenticator(clock: &Arc<ManualClock>) -> Authenticator {
    Authenticator::new(vec![issuer()], MCP.to_owned(), Arc::clone(clock) as Arc<dyn Clock>)
}

pub fn arrival(token: Option<&str>) -> Arrival {
    Arrival {
        credentials: token.map(|token| Secret::new(token.to_owned())),
        peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
        user_agent: None,
        body: Bytes::new(),
    }
}

pub fn ask(authenticator: &Authenticator, token: &str) -> Result<Authenticated, Refusal> {
    at_once(authenticate(&arrival(Some(token)), Audience::Mcp, authenticator))
}

/// With keys that are there nothing is waited for.
pub fn at_once<T>(answer: impl Future<Output = T>) -> T {
    answer.now_or_never().expect("it waits")
}

pub fn code(answer: Result<Authenticated, Refusal>) -> Result<(), RefusalCode> {
    answer.map(drop).map_err(|refusal| refusal.code())
}
