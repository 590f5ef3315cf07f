//! Which key sets are taken from an issuer, and what a change of keys does.

use crate::signer::{LOW_ORDER_POINT, SIGNER, Signer, encode};
use crate::world::{CLAIMS, HEADER, MCP, ManualClock, NOW, ask, code, issuer_with};
use authn::{Authenticator, KeySet, KeySetError, TrustedIssuer};
use domain::RefusalCode;
use serde_json::{Value, json};

fn set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

fn with(mut key: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        key[name] = value.clone();
    }
    key
}

#[test]
fn a_set_with_an_unusable_key_is_refused() {
    let (ed, es, rs) = (SIGNER.ed_jwk(), SIGNER.es_jwk(), SIGNER.rs_jwk());
    let cases = [
        ("an HMAC secret", json!({ "kty": "oct", "kid": "h", "k": "AAAA" })),
        ("P-384", with(es, json!({ "crv": "P-384" }))),
        ("a short RSA key", with(rs.clone(), json!({ "n": encode(&[0xff; 128]) }))),
        ("an algorithm that is not on the list", with(rs.clone(), json!({ "alg": "PS256" }))),
        ("an algorithm that does not fit the key", with(ed.clone(), json!({ "alg": "ES256" }))),
        ("an Ed25519 key of 31 bytes", with(ed.clone(), json!({ "x": encode(&[7; 31]) }))),
        // With such a key, one signature fits every message.
        ("an Ed25519 key of low order", with(ed.clone(), json!({ "x": encode(&LOW_ORDER_POINT) }))),
        ("the same with its sign bit", with(ed.clone(), json!({ "x": encode(&with_sign(LOW_ORDER_POINT)) }))),
        ("an Ed25519 key of zeros", with(ed.clone(), json!({ "x": encode(&[0; 32]) }))),
    ];
    let mut taken = Vec::new();
    for (name, key) in &cases {
        match KeySet::from_jwks(&set(&[ed.clone(), with(key.clone(), json!({ "kid": "bad" }))])) {
            Err(KeySetError::Unusable { position: 1, .. }) => {}
            Err(other) => taken.push(format!("{name}: {other}")),
            Ok(_) => taken.push(format!("{name}: taken")),
        }
    }
    assert_eq!(taken, Vec::<String>::new());
    println!("key sets: {} passed", cases.len());
}

fn with_sign(mut point: [u8; 32]) -> [u8; 32] {
    point[31] |= 0x80;
    point
}

#[test]
fn names_must_be_there_and_differ() {
    let mut nameless = SIGNER.ed_jwk();
    nameless.as_object_mut().unwrap().remove("kid");
    assert!(matches!(KeySet::from_jwks(&set(&[nameless])), Err(KeySetError::Unusable { position: 0, .. })));
    let twice = set(&[SIGNER.ed_jwk(), with(SIGNER.es_jwk(), json!({ "kid": "ed" }))]);
    assert!(matches!(KeySet::from_jwks(&twice), Err(KeySetError::Twice { key_id }) if key_id == "ed"));
}

#[test]
fn an_empty_set_is_refused_and_encryption_keys_are_passed_over() {
    assert!(matches!(KeySet::from_jwks(&set(&[])), Err(KeySetError::Empty)));
    let encryption = with(SIGNER.rs_jwk(), json!({ "kid": "enc", "use": "enc", "alg": "RSA-OAEP-256" }));
    assert!(matches!(KeySet::from_jwks(&set(std::slice::from_ref(&encryption))), Err(KeySetError::Empty)));
    assert!(KeySet::from_jwks(&set(&[encryption, SIGNER.ed_jwk()])).is_ok());
    for text in ["", "{}", "[]", "{\"keys\":1}", "{\"keys\":[1]}"] {
        assert!(matches!(KeySet::from_jwks(text), Err(KeySetError::NotJwks(_))), "{text}");
    }
}

/// A key that is no point of the curve is taken, and then verifies nothing.
#[test]
fn a_point_off_the_curve_verifies_nothing() {
    let keys = set(&[with(SIGNER.es_jwk(), json!({ "x": encode(&[0; 32]) }))]);
    let header = HEADER.replace("EdDSA", "ES256").replace("\"ed\"", "\"es\"");
    for way in ["es", "es, r and s zero"] {
        let answer = ask(&trusting(vec![issuer_with(&keys)]), &SIGNER.token(&header, CLAIMS, way));
        assert_eq!(code(answer), Err(RefusalCode::Unauthenticated), "{way}");
    }
}

fn trusting(issuers: Vec<TrustedIssuer>) -> Authenticator {
    Authenticator::new(issuers, MCP.to_owned(), ManualClock::at_seconds(NOW))
}

/// J20, first half.
#[test]
fn a_token_of_a_key_that_was_rotated_out_is_refused() {
    let token = SIGNER.token(HEADER, CLAIMS, "ed");
    assert_eq!(code(ask(&trusting(vec![issuer_with(&SIGNER.jwks())]), &token)), Ok(()));
    let rotated = trusting(vec![issuer_with(&Signer::generate().jwks())]);
    assert_eq!(code(ask(&rotated, &token)), Err(RefusalCode::Unauthenticated));
}

#[test]
fn an_issuer_cannot_speak_for_another() {
    let other = Signer::generate();
    let mut second = issuer_with(&other.jwks());
    second.issuer = "https://second.example.com".to_owned();
    second.tenant = Some("globex".parse().unwrap());
    let authenticator = trusting(vec![issuer_with(&SIGNER.jwks()), second]);
    // Both have keys named `ed`: the one that verifies decides by whose rules the claims are read.
    let own = CLAIMS.replace("https://login.example.com", "https://second.example.com");
    let evidence = ask(&authenticator, &other.token(HEADER, &own, "ed")).unwrap();
    assert_eq!(evidence.principal().tenant.as_str(), "globex");
    assert_eq!(
        code(ask(&authenticator, &other.token(HEADER, CLAIMS, "ed"))),
        Err(RefusalCode::Unauthenticated)
    );
    assert_eq!(
        code(ask(&authenticator, &SIGNER.token(HEADER, &own, "ed"))),
        Err(RefusalCode::Unauthenticated)
    );
}

/// J5: without a key server there is nothing to ask again; what counts is that each one is refused.
#[test]
fn a_flood_of_unknown_keys_is_refused() {
    let authenticator = trusting(vec![issuer_with(&SIGNER.jwks())]);
    for number in 0..1000 {
        let header = HEADER.replace("\"ed\"", &format!("\"k{number}\""));
        let answer =
            ask(&authenticator, &format!("{}.{}.AAAA", encode(header.as_bytes()), encode(CLAIMS.as_bytes())));
        assert_eq!(code(answer), Err(RefusalCode::Unauthenticated));
    }
    assert_eq!(code(ask(&authenticator, &SIGNER.token(HEADER, CLAIMS, "ed"))), Ok(()));
}

#[test]
fn an_issuer_with_an_audience_of_its_own_keeps_to_it() {
    let mut issuer = issuer_with(&SIGNER.jwks());
    issuer.audience = Some("api://secure-mcp".to_owned());
    let authenticator = trusting(vec![issuer]);
    let own = CLAIMS.replace(MCP, "api://secure-mcp");
    assert_eq!(code(ask(&authenticator, &SIGNER.token(HEADER, &own, "ed"))), Ok(()));
    assert_eq!(
        code(ask(&authenticator, &SIGNER.token(HEADER, CLAIMS, "ed"))),
        Err(RefusalCode::Unauthenticated)
    );
}
