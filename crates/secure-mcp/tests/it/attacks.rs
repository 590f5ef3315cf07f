//! The file of cases: every attack on tokens and transports against a real server, refused *and* recorded.
//!
//! Tokens are those of authn's `attacks.toml`, sent over a socket; the rest is `gate-attacks.toml`, byte
//! for byte. What was refused is then counted in the log of the stopped server, code by code.

use crate::BINARY;
use crate::issuer::{issuer_config, seconds};
use crate::raw::{self, Place, Said};
use crate::signer::SIGNER;
use crate::token_cases::{CLAIMS, HEADER, at, cases};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use testkit::{Server, ServerOptions, send_signal};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// The request line and the headers.
    head: Option<String>,
    /// Further headers of a good post.
    post: Option<Vec<String>>,
    /// Further headers of a good upgrade.
    upgrade: Option<Vec<String>>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    frames: Vec<String>,
    status: Option<u16>,
    close: Option<u16>,
    answer: Option<String>,
    /// What the whole answer must not hold.
    never: Option<String>,
    #[serde(default)]
    without: Vec<String>,
    recorded: String,
}

const POST: &str = "POST /mcp HTTP/1.1\nHost: {host}\nAuthorization: Bearer {token}\n\
                    Content-Type: application/json\nContent-Length: {length}\n";
const UPGRADE: &str = "GET /mcp/ws HTTP/1.1\nHost: {host}\nAuthorization: Bearer {token}\n\
                       Connection: upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\n\
                       Sec-WebSocket-Protocol: mcp\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n";

impl Case {
    fn head(&self) -> String {
        let with = |good: &str, more: &[String]| format!("{good}{}\n", more.join("\n"));
        match (&self.head, &self.post, &self.upgrade) {
            (Some(head), None, None) => head.clone(),
            (None, Some(more), None) => with(POST, more),
            (None, None, Some(more)) => with(UPGRADE, more),
            _ => panic!("{}: exactly one of head, post, upgrade", self.name),
        }
    }

    /// What of the answer is not as it should be.
    fn faults(&self, said: &Said) -> Vec<String> {
        let whole = String::from_utf8_lossy(&said.bytes);
        let mut faults = Vec::new();
        let mut check = |holds: bool, what: &str| {
            if !holds {
                let start: String = whole.chars().take(300).collect();
                faults.push(format!("{}: {what}: {start:?}, close {:?}", self.name, said.close));
            }
        };
        let is_ok = |status| self.answer.is_none() && (200..300).contains(&status);
        check(self.status.map_or(!is_ok(said.status), |status| said.status == status), "another status");
        check(self.close == said.close, "another close code");
        check(self.answer.as_ref().is_none_or(|text| whole.contains(text)), "another answer");
        check(self.never.as_ref().is_none_or(|text| !whole.contains(text)), "the attacker's text");
        let lower = whole.to_ascii_lowercase();
        for name in &self.without {
            check(!lower.contains(&format!("\n{name}")), "a header that must not be there");
        }
        faults
    }
}

/// How often each code was refused, before and after authentication, and from which addresses.
fn counted(records: &[Value]) -> (BTreeMap<String, u64>, Vec<String>) {
    let (mut codes, mut addresses): (BTreeMap<String, u64>, Vec<String>) = Default::default();
    for record in records.iter().filter(|record| record["event"] == "refused") {
        let body = &record["record"];
        if let Some(address) = body["src_endpoint"]["ip"].as_str() {
            addresses.push(address.to_owned());
        }
        match body["unmapped"]["codes"].as_object() {
            Some(sum) => {
                for (code, count) in sum {
                    *codes.entry(code.clone()).or_default() += count.as_u64().unwrap();
                }
            }
            None => *codes.entry(body["status_code"].as_str().unwrap().to_owned()).or_default() += 1,
        }
    }
    (codes, addresses)
}

/// Stops the server, so that every sum is written, and reads its log.
async fn log_of(server: &mut Server) -> Vec<Value> {
    assert!(send_signal("TERM", server.pid()));
    server.wait();
    let config = server.folder().join("server.toml");
    let tail = ["audit", "tail", "--count", "1000", "--json", "--config", config.to_str().unwrap()];
    let output = server.command(&tail);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn every_attack_on_the_door_is_refused_and_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let config = issuer_config(folder.path());
    let options = ServerOptions { config, in_clear: true, ..ServerOptions::default() };
    let mut server = Server::start_with(BINARY, options).await;
    let place = Place { port: server.port(), token: server.token("dev") };
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    let (mut faults, mut passed) = (Vec::new(), 0);

    // The benign twins first: what is refused below is refused for what was changed.
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    assert_eq!(raw::ask(&place, POST, ping, &[]).status, 200);
    assert_eq!(raw::ask(&place, UPGRADE, "", &[]).status, 101);
    let good = SIGNER.token(HEADER, &at(CLAIMS, seconds()), "ed");
    assert_eq!(raw::ask(&Place { token: good, ..place.clone() }, POST, ping, &[]).status, 200);

    let table: Table = toml::from_str(include_str!("gate-attacks.toml")).unwrap();
    for case in &table.case {
        let found = case.faults(&raw::ask(&place, &case.head(), &case.body, &case.frames));
        passed += usize::from(found.is_empty());
        faults.extend(found);
        *expected.entry(case.recorded.clone()).or_default() += 1;
    }
    for case in cases() {
        // A clock that goes on: what is not valid yet must not become so on the way.
        let token = case.token(seconds() + u64::from(case.name.starts_with("J9")));
        if token.contains('\n') {
            continue; // a header cannot hold it
        }
        // What does not fit into a request's head never comes to layer 1; hanging up is an answer too.
        let (statuses, code) = match token.len() {
            0..32_000 => (&[401][..], case.refusal.as_str()),
            _ => (&[431, 0][..], "too_large"),
        };
        let said = raw::ask(&Place { token, ..place.clone() }, POST, ping, &[]);
        let is_refused = statuses.contains(&said.status);
        if !is_refused {
            faults.push(format!("{}: {} {}", case.name, said.status, String::from_utf8_lossy(&said.bytes)));
        }
        passed += usize::from(is_refused);
        *expected.entry(code.to_owned()).or_default() += 1;
    }
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), passed + faults.len(), faults.join("\n"));
    let (recorded, addresses) = counted(&log_of(&mut server).await);
    assert_eq!(recorded, expected, "what the log has is not what was refused");
    assert!(addresses.iter().all(|address| address == "127.0.0.1"), "{addresses:?}");
    println!("attacks on the door: {passed} passed, {passed} of them in the log");
}

/// T19. A ClientHello of TLS 1.1, with one cipher suite of its time.
fn hello_of_tls_1_1() -> Vec<u8> {
    let mut hello = vec![3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0, 0x2f, 1, 0]);
    let length = u8::try_from(hello.len()).unwrap();
    [&[0x16, 3, 1, 0, length + 4, 1, 0, 0, length][..], &hello].concat()
}

#[tokio::test]
async fn what_is_no_tls_of_today_is_refused_and_recorded() {
    let mut server = Server::start(BINARY).await;
    // It answers its owner too, so it is up as a whole and hears the signal that stops it.
    server.token("ana");
    let in_clear = b"GET /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".to_vec();
    for bytes in [hello_of_tls_1_1(), in_clear] {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        stream.write_all(&bytes).unwrap();
        let mut answer = Vec::new();
        let _reset = stream.read_to_end(&mut answer);
        // At most an alert: content type 21.
        assert!(answer.first().is_none_or(|kind| *kind == 21), "{answer:?}");
    }
    let records = log_of(&mut server).await;
    let (recorded, _) = counted(&records);
    assert_eq!(recorded.get("malformed"), Some(&2), "{records:?}");
}
