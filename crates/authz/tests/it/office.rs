//! Real evidence of layer 1: tokens of a local issuer, read by the real layer.

use authn::{
    Arrival, Audience, Authenticated, Authenticator, LocalIssuer, TokenRequest, TrustedIssuer, authenticate,
};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use domain::{Clock, Secret, UnixMillis};
use futures_util::FutureExt as _;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

const URL: &str = "https://gateway.test/mcp";
const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

struct Standing;

impl Clock for Standing {
    fn now(&self) -> UnixMillis {
        NOW
    }
}

/// An issuer and a server that trusts it.
pub struct Office {
    issuer: LocalIssuer,
    authenticator: Authenticator,
}

impl Office {
    pub fn open() -> Self {
        let pair = Ed25519KeyPair::generate().expect("a key");
        let pkcs8 = Secret::new(pair.to_pkcs8().expect("its text").as_ref().to_vec());
        let public = pair.public_key().as_ref().try_into().expect("32 bytes");
        let issuer = LocalIssuer::new("https://gateway.test".to_owned(), URL.to_owned(), &pkcs8, public);
        let trusted: TrustedIssuer = issuer.trusted().expect("a trusted issuer");
        Self { issuer, authenticator: Authenticator::new(vec![trusted], URL.to_owned(), Arc::new(Standing)) }
    }

    /// Mints a token for the plane and has layer 1 read it.
    pub fn evidence(&self, tenant: &str, person: &str, client: &str, audience: Audience) -> Authenticated {
        let request = TokenRequest {
            tenant: tenant.parse().expect("a tenant"),
            person: person.parse().expect("a person"),
            client: client.parse().expect("a client"),
            audience,
            lifetime: Duration::from_secs(60),
        };
        let token = self.issuer.mint(&request, NOW, [7; 16]).expect("a token");
        let arrival = Arrival {
            credentials: Some(token),
            peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: None,
            body: bytes::Bytes::new(),
        };
        let answer = authenticate(&arrival, audience, &self.authenticator);
        answer.now_or_never().expect("nothing to wait for").expect("evidence")
    }

    /// A person of `acme` at the MCP endpoint, through the client `quickstart`.
    pub fn caller(&self, person: &str) -> Authenticated {
        self.evidence("acme", person, "quickstart", Audience::Mcp)
    }

    /// A person of `acme` on the admin plane, through the client `quickstart`.
    pub fn operator(&self, person: &str) -> Authenticated {
        self.evidence("acme", person, "quickstart", Audience::Admin)
    }
}
