//! Keys that an issuer publishes: rotation, floods, outages. J5, J20.

use crate::signer::{SIGNER, Signer, encode};
use crate::world::{CLAIMS, HEADER, MCP, ManualClock, NOW, arrival, code, issuer_with};
use authn::{Audience, Authenticator, IssuerKeys, KeyServer, PublishedKeys, TrustedIssuer, authenticate};
use domain::RefusalCode;
use futures_util::future::join_all;
use serde_json::json;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;

const REFUSED: Result<(), RefusalCode> = Err(RefusalCode::Unauthenticated);

/// A key server whose answer can be changed and held back.
struct Desk {
    document: Mutex<Result<String, String>>,
    asked: AtomicUsize,
    /// Answers that may go out.
    open: Semaphore,
}

impl Desk {
    fn with(document: &str) -> Arc<Self> {
        let document = Mutex::new(Ok(document.to_owned()));
        Arc::new(Self { document, asked: AtomicUsize::new(0), open: Semaphore::new(1_000_000) })
    }

    fn says(&self, answer: Result<&str, &str>) {
        *self.document.lock().unwrap() = answer.map(str::to_owned).map_err(str::to_owned);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl KeyServer for Desk {
    fn fetch<'a>(
        &'a self,
        url: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<String, String>> + Send + 'a>> {
        assert_eq!(url, "https://login.example.com/keys");
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {
            self.open.acquire().await.unwrap().forget();
            self.document.lock().unwrap().clone()
        })
    }
}

fn issuer(desk: &Arc<Desk>) -> TrustedIssuer {
    let server = Arc::clone(desk) as Arc<dyn KeyServer>;
    let published =
        PublishedKeys::new("https://login.example.com/keys".to_owned(), Duration::from_secs(300), server);
    TrustedIssuer { keys: IssuerKeys::Published(published), ..issuer_with(&SIGNER.jwks()) }
}

fn trusting(desk: &Arc<Desk>) -> (Arc<ManualClock>, Authenticator) {
    let clock = ManualClock::at_seconds(NOW);
    let authenticator = Authenticator::new(vec![issuer(desk)], MCP.to_owned(), Arc::clone(&clock) as _);
    (clock, authenticator)
}

async fn ask(authenticator: &Authenticator, token: &str) -> Result<(), RefusalCode> {
    code(authenticate(&arrival(Some(token)), Audience::Mcp, authenticator).await)
}

fn unknown(number: usize) -> String {
    let header = HEADER.replace("\"ed\"", &format!("\"k{number}\""));
    format!("{}.{}.AAAA", encode(header.as_bytes()), encode(CLAIMS.as_bytes()))
}

#[tokio::test]
async fn keys_come_with_the_first_token_and_one_that_is_withdrawn_ends_its_remembered_tokens() {
    let next = Signer::generate();
    let next_jwks = next.jwks().replace("\"ed\"", "\"ed2\"");
    let desk = Desk::with(&SIGNER.jwks());
    let (clock, authenticator) = trusting(&desk);
    let old = SIGNER.token(HEADER, CLAIMS, "ed");
    let new = next.token(&HEADER.replace("\"ed\"", "\"ed2\""), CLAIMS, "ed");
    assert_eq!(ask(&authenticator, &old).await, Ok(()));
    desk.says(Ok(&next_jwks));
    assert_eq!(ask(&authenticator, &new).await, REFUSED, "within the minute nobody is asked again");
    assert_eq!(ask(&authenticator, &old).await, Ok(()));
    clock.advance_ms(60_000);
    assert_eq!((ask(&authenticator, &new).await, desk.asked()), (Ok(()), 2));
    assert_eq!(ask(&authenticator, &old).await, REFUSED, "its key was withdrawn");
}

#[tokio::test]
async fn a_flood_of_unknown_keys_is_one_question_a_minute() {
    let desk = Desk::with(&SIGNER.jwks());
    let (clock, authenticator) = trusting(&desk);
    for minute in 1..=3 {
        let tokens: Vec<String> = (0..1000).map(unknown).collect();
        let answers = join_all(tokens.iter().map(|token| ask(&authenticator, token))).await;
        assert!(answers.iter().all(|answer| *answer == REFUSED));
        assert_eq!(desk.asked(), minute);
        clock.advance_ms(60_000);
    }
    assert_eq!(ask(&authenticator, &SIGNER.token(HEADER, CLAIMS, "ed")).await, Ok(()));
}

#[tokio::test]
async fn who_hangs_up_does_not_take_the_answer_from_the_others() {
    let desk = Desk::with(&SIGNER.jwks());
    desk.open.forget_permits(1_000_000);
    let (_, authenticator) = trusting(&desk);
    let token = SIGNER.token(HEADER, CLAIMS, "ed");
    let hung_up = tokio::time::timeout(Duration::from_millis(20), ask(&authenticator, &token)).await;
    assert!(hung_up.is_err());
    desk.open.add_permits(1);
    assert_eq!((ask(&authenticator, &token).await, desk.asked()), (Ok(()), 1));
}

#[tokio::test]
async fn without_an_answer_the_last_keys_hold_for_an_hour_and_then_nobody_is_believed() {
    let desk = Desk::with(&SIGNER.jwks());
    let (clock, authenticator) = trusting(&desk);
    let token = SIGNER.token(HEADER, &CLAIMS.replace("2000003600", "2000090000"), "ed");
    assert_eq!(ask(&authenticator, &token).await, Ok(()));
    for bad in [Err("no answer"), Ok("<html>"), Ok("{\"keys\":[]}"), Ok("{\"keys\":[{\"kty\":\"oct\"}]}")] {
        desk.says(bad);
        clock.advance_ms(60_000);
        assert_eq!(ask(&authenticator, &unknown(1)).await, REFUSED);
        assert_eq!(ask(&authenticator, &token).await, Ok(()), "{bad:?}");
    }
    assert_eq!(desk.asked(), 5);
    clock.advance_ms(3_600_000 - 4 * 60_000 - 1);
    assert_eq!(ask(&authenticator, &token).await, Ok(()));
    clock.advance_ms(60_001);
    assert_eq!(ask(&authenticator, &token).await, REFUSED, "an hour without an answer");
    desk.says(Ok(&SIGNER.jwks()));
    clock.advance_ms(60_000);
    assert_eq!(ask(&authenticator, &token).await, Ok(()));
}

#[tokio::test]
async fn keys_that_cannot_be_used_are_passed_over_and_of_two_of_one_name_neither_is_taken() {
    let usable = SIGNER.ed_jwk();
    let low_order = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "low", "x": encode(&[0; 32]) });
    let odd = json!({ "keys": [
        { "kty": "AKP", "alg": "ML-DSA-65", "kid": "later", "pub": "AAAA" },
        { "kty": "EC", "crv": "secp256k1", "kid": "coin", "x": "AA", "y": "AA" },
        { "kty": "oct", "kid": "secret", "k": "AAAA" },
        low_order, SIGNER.rs_jwk(), SIGNER.rs_jwk(), usable, "no key", null,
    ]});
    let (_, authenticator) = trusting(&Desk::with(&odd.to_string()));
    assert_eq!(ask(&authenticator, &SIGNER.token(HEADER, CLAIMS, "ed")).await, Ok(()));
    let rs = HEADER.replace("EdDSA", "RS256").replace("\"ed\"", "\"rs\"");
    assert_eq!(ask(&authenticator, &SIGNER.token(&rs, CLAIMS, "rs")).await, REFUSED);
    let hmac = HEADER.replace("EdDSA", "HS256").replace("\"ed\"", "\"secret\"");
    assert_eq!(ask(&authenticator, &SIGNER.token(&hmac, CLAIMS, "HMAC of the x")).await, REFUSED);
}

#[tokio::test]
async fn one_issuer_without_an_answer_does_not_stand_in_the_way_of_another() {
    let (up, down) = (Desk::with(&SIGNER.jwks()), Desk::with(""));
    let mut second = issuer(&down);
    second.issuer = "https://second.example.com".to_owned();
    let clock = ManualClock::at_seconds(NOW);
    let authenticator = Authenticator::new(vec![second, issuer(&up)], MCP.to_owned(), clock);
    assert_eq!(ask(&authenticator, &SIGNER.token(HEADER, CLAIMS, "ed")).await, Ok(()));
}
