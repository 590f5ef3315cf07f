//! The table of attacks on tokens, `attacks.toml`: what each row makes of a good token. The tests of layer 1
//! and those of the whole server read it.

use crate::signer::{SIGNER, encode};
use serde::Deserialize;

/// Seconds; the claims of [`CLAIMS`] are issued then, for an hour.
pub const NOW: u64 = 2_000_000_000;

pub const HEADER: &str = r#"{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}"#;
pub const CLAIMS: &str = r#"{"iss":"https://login.example.com","sub":"ana","aud":"https://mcp.example.com/mcp","exp":2000003600,"nbf":2000000000,"iat":2000000000,"jti":"t1","client_id":"assistant","tenant":"other","groups":["analyst"]}"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    /// Old and new text in the good header.
    #[serde(default)]
    header: Vec<[String; 2]>,
    /// Old and new text in the good claims.
    #[serde(default)]
    claims: Vec<[String; 2]>,
    /// How it is signed; `ed` if not said.
    sign: Option<String>,
    /// What is done to the finished token.
    token: Option<String>,
    pub refusal: String,
    /// A word of the internal message, so that a case is refused for its own reason.
    pub because: String,
}

/// Every row.
pub fn cases() -> Vec<Case> {
    let table: Table = toml::from_str(include_str!("attacks.toml")).unwrap();
    table.case
}

impl Case {
    /// The attacker's token, with its times around `now` instead of [`NOW`].
    pub fn token(&self, now: u64) -> String {
        let header = edited(HEADER, &self.header, &self.name);
        let claims = at(&edited(CLAIMS, &self.claims, &self.name), now);
        let token = SIGNER.token(&header, &claims, self.sign.as_deref().unwrap_or("ed"));
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else { panic!("three parts") };
        match self.token.as_deref() {
            None => token,
            Some("without its signature") => format!("{header}.{claims}."),
            Some("two parts") => format!("{header}.{claims}"),
            Some("four parts") => format!("{token}.{signature}"),
            Some("five parts") => format!("{header}.{claims}.{signature}.{claims}.{signature}"),
            Some("padded") => format!("{token}=="),
            Some("padded header") => format!("{header}=.{claims}.{signature}"),
            Some("blank in front") => format!(" {token}"),
            Some("line break behind") => format!("{token}\n"),
            Some("blank inside") => format!("{header}.{claims}. {signature}"),
            Some("standard alphabet") => standard_alphabet(now),
            Some("bits behind the end") => bits_behind_the_end(&token),
            Some("claims of another") => {
                format!("{header}.{}.{signature}", encode(at(CLAIMS, now).replace("ana", "root").as_bytes()))
            }
            Some("cut") => token.chars().take(token.len() - 4).collect(),
            Some("Bearer in front") => format!("Bearer {token}"),
            Some("of 64 KB") => format!("{header}.{}.{signature}", "A".repeat(64 * 1024)),
            Some("of 8 MB") => "A.".repeat(4 * 1024 * 1024),
            Some("of bytes that are no UTF-8") => {
                format!("{}.{claims}.{signature}", encode(&[0xff, 0xfe, 0x7b, 0x7d]))
            }
            Some("of nothing") => "..".to_owned(),
            Some(other) => panic!("no such change: {other}"),
        }
    }
}

fn edited(text: &str, edits: &[[String; 2]], name: &str) -> String {
    edits.iter().fold(text.to_owned(), |text, [old, new]| {
        assert!(text.contains(old.as_str()), "{name}: `{old}` is not in {text}");
        let new = match new.strip_prefix("repeat ").and_then(|rest| rest.split_once(' ')) {
            Some((times, what)) => what.replace('~', &"x".repeat(times.parse().unwrap())),
            None => new.clone(),
        };
        text.replace(old.as_str(), &new)
    })
}

/// Signs again until the signature has a sign that the two alphabets write differently.
fn standard_alphabet(now: u64) -> String {
    (0..1000)
        .map(|number| {
            SIGNER.token(HEADER, &at(CLAIMS, now).replace("\"t1\"", &format!("\"t{number}\"")), "ed")
        })
        .find(|token| token.contains(['-', '_']))
        .map(|token| token.replace('-', "+").replace('_', "/"))
        .unwrap()
}

/// An Ed25519 signature has 64 bytes and 86 signs: the last one carries four bits that must be zero.
fn bits_behind_the_end(token: &str) -> String {
    let (front, last) = token.split_at(token.len() - 1);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let position = alphabet.find(last).unwrap();
    format!("{front}{}", &alphabet[position + 1..position + 2])
}

/// `claims` with every time of about [`NOW`] moved to about `now`.
pub fn at(claims: &str, now: u64) -> String {
    let (mut text, mut digits) = (String::new(), String::new());
    for sign in claims.chars().chain(['\0']) {
        if sign.is_ascii_digit() {
            digits.push(sign);
            continue;
        }
        let is_time = digits.len() == 10 && (digits.starts_with("19") || digits.starts_with("20"));
        match digits.parse::<u64>() {
            Ok(moment) if is_time => text.push_str(&(moment + now - NOW).to_string()),
            _ => text.push_str(&digits),
        }
        digits.clear();
        text.extend(Some(sign).filter(|sign| *sign != '\0'));
    }
    text
}
