//! The table of attacks on tokens: `attacks.toml`, one row a case.

use crate::signer::{SIGNER, encode};
use crate::world::{CLAIMS, HEADER, ManualClock, NOW, ask, authenticator};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
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
    refusal: String,
    /// A word of the internal message, so that a case is refused for its own reason.
    because: String,
}

#[test]
fn every_attack_is_refused_for_its_own_reason() {
    let table: Table = toml::from_str(include_str!("attacks.toml")).unwrap();
    let mut wrong = Vec::new();
    for case in &table.case {
        let authenticator = authenticator(&ManualClock::at_seconds(NOW));
        let good = SIGNER.token(HEADER, CLAIMS, "ed");
        assert!(ask(&authenticator, &good).is_ok(), "the benign twin is accepted");
        match ask(&authenticator, &case.token()) {
            Ok(_) => wrong.push(format!("{}: accepted", case.name)),
            Err(refusal) => {
                let found = (refusal.code().name(), refusal.internal());
                if found.0 != case.refusal || !found.1.contains(&case.because) {
                    wrong.push(format!("{}: {found:?}", case.name));
                }
                let shown = format!("{} {}", refusal.public(), refusal.internal());
                assert!(!shown.contains("evil") && !shown.contains("eyJ"), "{}: {shown}", case.name);
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    println!("token attacks: {} passed", table.case.len());
}

impl Case {
    fn token(&self) -> String {
        let header = edited(HEADER, &self.header, &self.name);
        let claims = edited(CLAIMS, &self.claims, &self.name);
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
            Some("standard alphabet") => standard_alphabet(),
            Some("bits behind the end") => bits_behind_the_end(&token),
            Some("claims of another") => {
                format!("{header}.{}.{signature}", encode(CLAIMS.replace("ana", "root").as_bytes()))
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
fn standard_alphabet() -> String {
    (0..1000)
        .map(|number| SIGNER.token(HEADER, &CLAIMS.replace("\"t1\"", &format!("\"t{number}\"")), "ed"))
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
