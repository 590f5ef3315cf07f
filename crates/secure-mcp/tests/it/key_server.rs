//! An issuer's keys over the network: a real listener, and what the server takes from it.

use crate::BINARY;
use crate::issuer::{issuer_lines, seconds};
use crate::signer::{SIGNER, Signer};
use crate::token_cases::{CLAIMS, HEADER, at};
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use testkit::{Server, ServerOptions, modern};
use tokio::time::sleep;

/// Answers every request with the same bytes, until they are changed.
struct KeyServer {
    port: u16,
    answer: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl KeyServer {
    fn start(answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (answer, asked) = (Arc::new(Mutex::new(answer)), Arc::new(AtomicUsize::new(0)));
        let server = Self { port, answer: answer.clone(), asked: asked.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let mut head = [0; 4096];
                let _ = stream.read(&mut head);
                asked.fetch_add(1, Ordering::SeqCst);
                let answer = answer.lock().unwrap().clone();
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        server
    }

    fn says(&self, answer: String) {
        *self.answer.lock().unwrap() = answer;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// A server that trusts the issuer whose keys are here.
    async fn trusted(&self, refresh_s: u32, more: &str) -> Server {
        let port = self.port;
        let config = format!(
            "{}jwks_url = \"http://127.0.0.1:{port}/keys\"\njwks_refresh_s = {refresh_s}\n\
             [[egress.destination]]\nname = \"keys\"\nhost = \"127.0.0.1\"\nport = {port}\nscheme = \"http\"\n\
             max_response_kib = 16\n{more}",
            issuer_lines()
        );
        Server::start_with(BINARY, ServerOptions { config, ..ServerOptions::default() }).await
    }
}

const PERMITTED: &str =
    "[[override]]\nname = \"private_address:keys\"\nreason = \"a test\"\nexpires = 2027-11-01\n";

fn document(jwks: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{jwks}", jwks.len())
}

async fn status(server: &Server, token: &str) -> u16 {
    server.post(Some(token), &modern(1, "tools/list", json!({}))).await.status
}

async fn becomes(server: &Server, token: &str, wanted: u16) {
    let started = Instant::now();
    while status(server, token).await != wanted {
        assert!(started.elapsed() < Duration::from_secs(20), "never {wanted}:\n{}", server.log());
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_key_that_is_rotated_out_ends_its_tokens_and_an_outage_does_not() {
    let keys = KeyServer::start(document(&SIGNER.jwks()));
    let server = keys.trusted(1, PERMITTED).await;
    let token = |signer: &Signer| signer.token(HEADER, &at(CLAIMS, seconds()), "ed");
    let (old, next) = (token(&SIGNER), Signer::generate());
    becomes(&server, &old, 200).await;
    keys.says("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned());
    let asked = keys.asked();
    while keys.asked() < asked + 2 {
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(status(&server, &old).await, 200, "an outage");
    keys.says(document(&next.jwks()));
    becomes(&server, &old, 401).await;
    becomes(&server, &token(&next), 200).await;
}

#[tokio::test]
async fn a_redirect_too_much_and_a_private_address_give_no_keys() {
    let token = SIGNER.token(HEADER, &at(CLAIMS, seconds()), "ed");
    let keys = KeyServer::start(document(&SIGNER.jwks()));
    let server = keys.trusted(1, "").await;
    assert_eq!(status(&server, &token).await, 401);
    assert_eq!(keys.asked(), 0, "a private address was asked without an override");
    assert!(server.log().contains("forbidden address"), "{}", server.log());
    let elsewhere = KeyServer::start(document(&SIGNER.jwks()));
    let redirect = format!(
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{}/keys\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        elsewhere.port
    );
    let padded = format!("{}{}", SIGNER.jwks(), " ".repeat(17 * 1024));
    for (answer, why) in [(redirect, "redirect"), (document(&padded), "larger than")] {
        let keys = KeyServer::start(answer);
        let server = keys.trusted(900, PERMITTED).await;
        assert_eq!(status(&server, &token).await, 401, "{why}");
        assert_eq!((keys.asked(), elsewhere.asked()), (1, 0), "{why}");
        assert!(server.log().contains(why), "{}", server.log());
    }
}

#[tokio::test]
async fn a_flood_of_unknown_keys_asks_the_key_server_once() {
    let keys = KeyServer::start(document(&SIGNER.jwks()));
    let server = keys.trusted(900, PERMITTED).await;
    for number in 0..300 {
        let header = HEADER.replace("\"ed\"", &format!("\"k{number}\""));
        let token = SIGNER.token(&header, &at(CLAIMS, seconds()), "ed");
        assert_eq!(status(&server, &token).await, 401);
    }
    assert_eq!(keys.asked(), 1);
    assert_eq!(status(&server, &SIGNER.token(HEADER, &at(CLAIMS, seconds()), "ed")).await, 200);
}
