//! What holds for every text.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use sift::{Action, Class, Context, Kind, KindSet, Scanner, ScannerConfig, apply};

use crate::table::{scan, scanner};

static SCANNER: LazyLock<Scanner> = LazyLock::new(scanner);

static HIDDEN: LazyLock<Scanner> = LazyLock::new(|| {
    let config = ScannerConfig { kinds: KindSet::of(Class::HiddenText), ..ScannerConfig::default() };
    Scanner::new(config).expect("the tables are sound")
});

/// Pieces that recognisers care about, so that random texts come near to matches.
fn piece() -> impl Strategy<Value = String> {
    let token = format!("gl{}-Zq7xK2LmP9RtB4vNc8Wy", "pat");
    prop_oneof![
        3 => any::<String>(),
        3 => "[ -~]{0,12}",
        2 => "[0-9 .()+-]{1,24}",
        1 => "[0-9a-f:.]{1,24}",
        1 => "[A-Za-z0-9+/=_-]{8,64}",
        1 => "[\u{200B}-\u{200F}\u{FE0F}\u{E0020}-\u{E007F}\u{1F468}\u{1F469}\u{645}\u{6CC}\u{94D}]{1,6}",
        1 => "[\u{1B}\\[\\]0-9;m\u{7}\u{9B}A-Z]{1,8}",
        1 => "(%[0-9a-f]{2}|&#[0-9]{2};|\\\\u00[0-9a-f]{2}){1,6}",
        4 => prop::sample::select(vec![
            "4111 1111 1111 1111".to_owned(),
            "5555555555554444".to_owned(),
            "123-45-6789".to_owned(),
            "ann@example.com".to_owned(),
            "GB82 WEST 1234 5698 7654 32".to_owned(),
            "+44 20 7946 0958".to_owned(),
            "(202) 555-0143".to_owned(),
            "192.0.2.44".to_owned(),
            "2001:db8::1".to_owned(),
            token,
            STANDARD.encode("write to ann@example.com"),
            "phone ".to_owned(),
            "card ".to_owned(),
            "password=".to_owned(),
            "\"api_key\": \"".to_owned(),
            "https://ann:Zx9plum@".to_owned(),
            "Authorization: Bearer ".to_owned(),
            "eyJhbGciOiJub25lIn0.".to_owned(),
            format!("-----BEGIN {} KEY-----", "PRIVATE"),
        ]),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..12).prop_map(|pieces| pieces.concat())
}

/// Things that must be found wherever they stand.
fn canary() -> impl Strategy<Value = (String, Kind)> {
    let key = format!("gh{}{}", "p_", "q7Xk2LmZ9RtB4vNc8WyD1sHf6JgT3pKe5aUo");
    prop::sample::select(vec![
        ("4111111111111111".to_owned(), Kind::Card),
        ("5555 5555 5555 4444".to_owned(), Kind::Card),
        ("ann.lee@example.com".to_owned(), Kind::Email),
        (key, Kind::GithubToken),
        ("GB82WEST12345698765432".to_owned(), Kind::Iban),
    ])
}

/// Text around a canary that is not part of it and no number.
fn surroundings() -> impl Strategy<Value = (String, String)> {
    ("\\PC{0,40}", "\\PC{0,40}").prop_map(|(before, after)| (format!("{before} \n"), format!("\n {after}")))
}

fn has(text: &str, kind: Kind, start: usize, end: usize) -> bool {
    scan(&SCANNER, text).iter().any(|finding| {
        finding.class() == kind.class() && finding.span.start <= start && finding.span.end >= end
    })
}

proptest! {
    #[test]
    fn spans_are_valid_and_apart(text in text()) {
        let found = scan(&SCANNER, &text);
        let mut end = 0;
        for finding in &found {
            prop_assert!(text.get(finding.span.clone()).is_some_and(|part| !part.is_empty()));
            if finding.class() != Class::HiddenText {
                prop_assert!(finding.span.start >= end, "{found:?}");
                end = finding.span.end;
            }
        }
    }

    #[test]
    fn what_was_replaced_holds_nothing(text in text()) {
        for action in [Action::Redact, Action::Mask] {
            let output = apply(&text, &scan(&SCANNER, &text), action);
            let again = scan(&SCANNER, &output);
            prop_assert!(again.is_empty(), "{action:?} {output:?}: {again:?}");
        }
    }

    #[test]
    fn what_asked_for_no_context_is_the_same_in_every_other(text in text(), pad in "[a-z ,.]{260,300}") {
        let text = format!("{pad}{text}");
        let alone = SCANNER.sift(&text, Context::none()).unwrap();
        for key in ["text", "phone", "card_number", "ssn", "password", "apiToken", "version"] {
            let named = SCANNER.sift(&text, Context::key(key)).unwrap();
            prop_assert!(!alone.in_any_context || named == alone, "{key}: {text:?}");
            prop_assert_eq!(&SCANNER.scan(&text, Context::key(key)).unwrap(), &named.findings);
        }
    }

    #[test]
    fn a_scanner_for_hidden_text_alone_finds_the_same_hidden_text(text in text()) {
        let mut all = scan(&SCANNER, &text);
        all.retain(|finding| finding.class() == Class::HiddenText);
        prop_assert_eq!(scan(&HIDDEN, &text), all);
    }

    #[test]
    fn any_string_is_scanned(text in any::<String>()) {
        scan(&SCANNER, &text);
    }

    #[test]
    fn any_bytes_are_scanned(bytes in any::<Vec<u8>>()) {
        prop_assert!(SCANNER.scan_blob(&bytes).is_ok());
    }

    #[test]
    fn joined_findings_lie_in_their_parts(parts in prop::collection::vec(text(), 0..5)) {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        for (part, finding) in SCANNER.scan_joined(&parts).unwrap() {
            prop_assert!(parts[part].get(finding.span).is_some_and(|cut| !cut.is_empty()));
        }
    }

    #[test]
    fn a_canary_is_found_anywhere((canary, kind) in canary(), (before, after) in surroundings()) {
        let text = format!("{before}{canary}{after}");
        prop_assert!(has(&text, kind, before.len(), before.len() + canary.len()), "{text:?}");
    }

    #[test]
    fn a_canary_is_found_in_base64(
        (canary, kind) in canary(),
        (before, after) in surroundings(),
        inner in "[a-z ]{0,20} ",
    ) {
        let run = STANDARD.encode(format!("{inner}{canary}"));
        let text = format!("{before}{run}{after}");
        prop_assert!(has(&text, kind, before.len(), before.len() + run.trim_end_matches('=').len()), "{text:?}");
    }

    #[test]
    fn a_canary_is_found_in_hexadecimal((canary, kind) in canary(), (before, after) in surroundings()) {
        let run: String = canary.bytes().map(|byte| format!("{byte:02x}")).collect();
        let text = format!("{before}{run}{after}");
        prop_assert!(has(&text, kind, before.len(), before.len() + run.len()), "{text:?}");
    }

    #[test]
    fn a_canary_is_found_with_hidden_characters_in_it(
        (canary, kind) in canary(),
        (before, after) in surroundings(),
        hidden in prop::collection::vec((1_usize..15, "[\u{200B}\u{200C}\u{200D}\u{2060}\u{AD}\u{FEFF}\u{E0041}\u{202E}]"), 1..6),
    ) {
        let mut laced: Vec<char> = canary.chars().collect();
        for (at, character) in &hidden {
            laced.splice(at..at, character.chars());
        }
        let laced: String = laced.into_iter().collect();
        let text = format!("{before}{laced}{after}");
        prop_assert!(has(&text, kind, before.len(), before.len() + laced.len()), "{text:?}");
    }
}
