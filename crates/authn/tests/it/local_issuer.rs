//! The embedded issuer: what it mints, the server accepts, and nobody else's rules apply to it.

use crate::world::{MCP, ManualClock, NOW, arrival, ask, at_once, code};
use authn::{Audience, Authenticator, LocalIssuer, MAX_LIFETIME, MintError, TokenRequest, authenticate};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{RefusalCode, Secret, UnixMillis};
use std::sync::Arc;
use std::time::Duration;

const ISSUER: &str = "https://mcp.example.com/issuer";

fn local() -> LocalIssuer {
    let pair = Ed25519KeyPair::generate().unwrap();
    let private = Secret::new(pair.to_pkcs8().unwrap().as_ref().to_vec());
    let public: [u8; 32] = pair.public_key().as_ref().try_into().unwrap();
    LocalIssuer::new(ISSUER.to_owned(), MCP.to_owned(), &private, public)
}

fn request(audience: Audience, lifetime: Duration) -> TokenRequest {
    TokenRequest {
        tenant: "acme".parse().unwrap(),
        person: "ana".parse().unwrap(),
        client: "quickstart".parse().unwrap(),
        audience,
        lifetime,
    }
}

const HOUR: Duration = Duration::from_secs(3600);
const MINTED: UnixMillis = UnixMillis(NOW * 1000);

#[test]
fn a_minted_token_is_accepted_for_its_plane_until_its_end() {
    let issuer = local();
    let clock = ManualClock::at_seconds(NOW);
    let authenticator =
        Authenticator::new(vec![issuer.trusted().unwrap()], MCP.to_owned(), Arc::clone(&clock) as _);
    for audience in [Audience::Mcp, Audience::Admin] {
        let token = issuer.mint(&request(audience, HOUR), MINTED, [7; 16]).unwrap();
        let evidence =
            at_once(authenticate(&arrival(Some(token.expose())), audience, &authenticator)).unwrap();
        let principal = evidence.principal();
        let names = (principal.tenant.as_str(), principal.person.as_str(), principal.client.as_str());
        assert_eq!(names, ("acme", "ana", "quickstart"));
        assert_eq!(evidence.token_roles().len(), 0);
    }
    let token = issuer.mint(&request(Audience::Mcp, HOUR), MINTED, [8; 16]).unwrap();
    clock.advance_ms(3_604_999);
    assert_eq!(code(ask(&authenticator, token.expose())), Ok(()));
    clock.advance_ms(1);
    assert_eq!(code(ask(&authenticator, token.expose())), Err(RefusalCode::TokenExpired));
}

#[test]
fn the_token_says_what_the_contract_promises() {
    let token = local().mint(&request(Audience::Admin, HOUR), MINTED, [0xff; 16]).unwrap();
    let parts: Vec<serde_json::Value> = token
        .expose()
        .split('.')
        .take(2)
        .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
        .collect();
    assert_eq!((&parts[0]["alg"], &parts[0]["typ"]), (&"EdDSA".into(), &"at+jwt".into()));
    let claims = serde_json::json!({
        "iss": ISSUER, "sub": "ana", "aud": "https://mcp.example.com/mcp/admin", "exp": NOW + 3600, "nbf": NOW,
        "iat": NOW, "jti": "_____________________w", "client_id": "quickstart", "tenant": "acme",
    });
    assert_eq!(parts[1], claims);
}

#[test]
fn two_tokens_of_one_second_differ_by_their_names() {
    let issuer = local();
    let mint = |identifier| issuer.mint(&request(Audience::Mcp, HOUR), MINTED, identifier).unwrap();
    assert_ne!(mint([1; 16]).expose(), mint([2; 16]).expose());
}

#[test]
fn a_lifetime_out_of_bounds_is_refused() {
    let mint = |lifetime| local().mint(&request(Audience::Mcp, lifetime), MINTED, [0; 16]).map(drop);
    for bad in
        [Duration::ZERO, Duration::from_millis(999), MAX_LIFETIME + Duration::from_millis(1), Duration::MAX]
    {
        assert!(matches!(mint(bad), Err(MintError::Lifetime)), "{bad:?}");
    }
    assert!(mint(Duration::from_secs(1)).is_ok() && mint(MAX_LIFETIME).is_ok());
}

#[test]
fn a_broken_key_is_named_when_it_signs() {
    let issuer = LocalIssuer::new(ISSUER.to_owned(), MCP.to_owned(), &Secret::new(vec![1, 2, 3]), [7; 32]);
    let answer = issuer.mint(&request(Audience::Mcp, HOUR), MINTED, [0; 16]);
    assert!(matches!(answer, Err(MintError::Key(_))));
}

#[test]
fn another_server_s_issuer_is_not_ours() {
    let clock = ManualClock::at_seconds(NOW);
    let authenticator = Authenticator::new(vec![local().trusted().unwrap()], MCP.to_owned(), clock);
    let foreign = local().mint(&request(Audience::Mcp, HOUR), MINTED, [0; 16]).unwrap();
    assert_eq!(code(ask(&authenticator, foreign.expose())), Err(RefusalCode::Unauthenticated));
}
