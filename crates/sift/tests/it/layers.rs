//! Encoded text: what is inside is found, and what only looks encoded is left alone.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use sift::{Action, Kind, Layer, apply};

use crate::table::{scan, scanner};

const CARD: &str = "card 4111 1111 1111 1111";
const EMAIL: &str = "ann.lee@example.com";

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn check(text: &str, kind: Kind, layer: Layer, whole: &str) {
    let scanner = scanner();
    let found = scan(&scanner, text);
    let hit = found.iter().find(|finding| finding.kind == kind);
    let hit = hit.unwrap_or_else(|| panic!("nothing in {text:?}: {found:?}"));
    assert_eq!((hit.layer, &text[hit.span.clone()]), (layer, whole), "{text:?}");
    let output = apply(text, &found, Action::Mask);
    assert_eq!(scan(&scanner, &output), [], "{output:?}");
}

#[test]
fn base64_of_every_alphabet_is_opened() {
    for (text, kind) in [(CARD, Kind::Card), (EMAIL, Kind::Email), ("~~?>>?~~ ann@example.com", Kind::Email)]
    {
        for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
            let run = engine.encode(text);
            check(&format!("see {run} there"), kind, Layer::Base64, &run);
        }
    }
}

#[test]
fn base64_is_opened_whatever_is_glued_to_it() {
    let run = STANDARD_NO_PAD.encode(EMAIL);
    for head in ["x", "xy", "xyz", "a/b/", "key-"] {
        let whole = format!("{head}{run}");
        check(&format!("\"{whole}\""), Kind::Email, Layer::Base64, &whole);
    }
}

#[test]
fn base64_broken_into_lines_is_one_run() {
    let long = format!("{} {CARD}", "some words before it".repeat(5));
    let run = STANDARD.encode(long);
    for line_end in ["\n", "\r\n", "\\n"] {
        let wrapped = run
            .as_bytes()
            .chunks(76)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect::<Vec<_>>()
            .join(line_end);
        check(&format!("x\n\n{wrapped}\n\nend"), Kind::Card, Layer::Base64, &wrapped);
    }
}

#[test]
fn hexadecimal_digits_are_opened() {
    let run = hex(CARD);
    check(&format!("see {run}."), Kind::Card, Layer::Hex, &run);
    check(&run.to_uppercase(), Kind::Card, Layer::Hex, &run.to_uppercase());
    let odd = format!("a{run}");
    check(&format!("see {odd}."), Kind::Card, Layer::Hex, &odd);
}

#[test]
fn escapes_are_opened_in_place() {
    for (text, kind, whole) in [
        ("to=ann%40example.com&x=1", Kind::Email, "ann%40example.com"),
        ("a%6En%40ex%61mple.com", Kind::Email, "a%6En%40ex%61mple.com"),
        ("\"ann\\u0040example.com\"", Kind::Email, "ann\\u0040example.com"),
        ("ann\\x40example.com", Kind::Email, "ann\\x40example.com"),
        ("ann\\u{40}example.com", Kind::Email, "ann\\u{40}example.com"),
        ("ann&#64;example.com", Kind::Email, "ann&#64;example.com"),
        ("ann&#x40;example&period;com", Kind::Email, "ann&#x40;example&period;com"),
        ("n=4111%201111%201111%201111", Kind::Card, "4111%201111%201111%201111"),
        ("4111&nbsp;1111&nbsp;1111&nbsp;1111", Kind::Card, "4111&nbsp;1111&nbsp;1111&nbsp;1111"),
        ("x%EF%BC%A0 ann%EF%BC%A0example.com", Kind::Email, "ann%EF%BC%A0example.com"),
        ("4111%E2%80%8B111111111111", Kind::Card, "4111%E2%80%8B111111111111"),
    ] {
        check(text, kind, Layer::Escaped, whole);
    }
}

#[test]
fn the_letter_of_a_line_end_escape_is_not_part_of_a_name() {
    check("{\\n  \\nann@example.com\\n}", Kind::Email, Layer::Plain, "ann@example.com");
    check("line\\n4111111111111111\\n", Kind::Card, Layer::Plain, "4111111111111111");
    check("x\\t123-45-6789\\r\\n", Kind::UsSsn, Layer::Plain, "123-45-6789");
}

#[test]
fn two_layers_are_opened() {
    let twice = STANDARD.encode(STANDARD.encode(EMAIL));
    check(&twice, Kind::Email, Layer::Base64, &twice);
    let mixed = hex(&STANDARD.encode(CARD));
    check(&mixed, Kind::Card, Layer::Hex, &mixed);
    check("x ann%2540example.com", Kind::Email, Layer::Escaped, "ann%2540example.com");
    let json = STANDARD.encode("{\"to\": \"ann\\u0040example.com\"}");
    check(&json, Kind::Email, Layer::Base64, &json);
}

#[test]
fn wide_text_in_base64_is_opened() {
    let wide: Vec<u8> = "echo ann@example.com".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let run = STANDARD.encode(wide);
    check(&format!("-enc {run}"), Kind::Email, Layer::Base64, &run);
}

#[test]
fn a_key_in_base64_is_a_key() {
    let key = format!("-----BEGIN {} KEY-----\nabc\n-----END {0} KEY-----", "PRIVATE");
    let run = STANDARD.encode(key);
    check(&run, Kind::PrivateKey, Layer::Base64, &run);
}

#[test]
fn encoded_nothing_is_left_alone() {
    let scanner = scanner();
    for text in
        [STANDARD.encode("nothing to see in this text"), hex("nor is there here"), "100%25 of 20%20".into()]
    {
        assert_eq!(scan(&scanner, &text), [], "{text}");
    }
}

#[test]
fn hexadecimal_digits_behind_readable_ones_are_opened() {
    for glue in ["_", "-", "/", "+", "_x_"] {
        for run in [
            format!("{}{glue}{}", hex("Anna Muster"), hex("anna@example.com")),
            format!("{}{glue}{}", hex("anna@example.com"), hex("Anna Muster")),
            format!("{}{glue}a{}", hex("Anna Muster"), hex("anna@example.com")),
        ] {
            check(&format!("see {run}."), Kind::Email, Layer::Hex, &run);
        }
    }
    let upper = "416E6E61204D7573746572_616E6E61406578616D706C652E636F6D";
    check(upper, Kind::Email, Layer::Hex, upper);
}
