//! What callers rely on: replacing, joined texts, blobs, limits, and silence about values.

use sift::{
    Action, Class, Confidence, Context, Finding, Kind, KindSet, Layer, MAX_FINDINGS, MAX_TEXT_BYTES,
    ScanError, Scanner, ScannerConfig, apply,
};

use crate::table::{scan, scanner};

fn replaced(text: &str, action: Action) -> String {
    apply(text, &scan(&scanner(), text), action)
}

#[test]
fn redaction_names_the_kind() {
    let text = "Ann <ann@example.com> paid with 4111 1111 1111 1111.";
    assert_eq!(replaced(text, Action::Redact), "Ann <[redacted:email]> paid with [redacted:card].");
}

#[test]
fn a_mask_keeps_the_tail_of_numbers_and_the_domain_of_addresses() {
    let cases = [
        ("4111 1111 1111 1111", "****1111"),
        ("+44 20 7946 0958", "****0958"),
        ("123-45-6789", "****6789"),
        ("ann@example.com", "a***@example.com"),
        ("x 192.0.2.44 y", "x [redacted:ip-address] y"),
        ("password=hunter2!", "password=[redacted:assigned-secret]"),
    ];
    for (text, masked) in cases {
        assert_eq!(replaced(text, Action::Mask), masked);
    }
}

#[test]
fn a_mask_of_an_obfuscated_number_keeps_plain_digits() {
    assert_eq!(replaced("4111\u{200B}111111111111", Action::Mask), "****1111");
}

#[test]
fn hidden_text_is_removed() {
    for action in [Action::Redact, Action::Mask] {
        assert_eq!(replaced("a\u{200B}b \u{1B}[31mred\u{1B}[0m \u{202E}x", action), "ab red x");
    }
}

#[test]
fn a_joiner_that_lost_its_neighbour_goes_too() {
    let text = "\u{645}\u{200C}ann@example.com";
    let output = replaced(text, Action::Redact);
    assert!(scan(&scanner(), &output).is_empty(), "{output:?}");
}

#[test]
fn overlapping_findings_give_one_marker() {
    let finding = |kind, span| Finding { kind, span, confidence: Confidence::High, layer: Layer::Plain };
    let findings =
        [finding(Kind::Email, 2..6), finding(Kind::HiddenUnicode, 3..4), finding(Kind::Card, 4..8)];
    assert_eq!(apply("0123456789", &findings, Action::Mask), "01[redacted:card]89");
}

#[test]
fn spans_off_the_boundaries_are_widened_not_believed() {
    let finding =
        Finding { kind: Kind::Email, span: 1..99, confidence: Confidence::High, layer: Layer::Plain };
    assert_eq!(apply("\u{20AC}uro", &[finding], Action::Redact), "[redacted:email]");
}

#[test]
fn a_column_name_speaks_for_a_weak_number() {
    let scanner = scanner();
    let cases = [
        ("phone", "2025550143", Kind::Phone),
        ("mobileNumber", "5550143", Kind::Phone),
        ("ssn", "123456789", Kind::UsSsn),
        ("card_number", "5018000000000009", Kind::Card),
        ("db_password", "hunter2!", Kind::AssignedSecret),
        ("apiKey", "k3Jd8sLq0ZpW7vTn", Kind::AssignedSecret),
        ("api_key", "k3Jd8sLq0ZpW7vTn", Kind::AssignedSecret),
        ("phonenumber", "2025550143", Kind::Phone),
    ];
    for (key, value, kind) in cases {
        let found = scanner.scan(value, Context::key(key)).unwrap();
        assert!(found.iter().any(|finding| finding.kind == kind), "{key}: {found:?}");
        assert_eq!(scanner.scan(value, Context::none()).unwrap(), [], "{key}");
        let output = apply(value, &found, Action::Mask);
        assert_eq!(scanner.scan(&output, Context::key(key)).unwrap(), [], "{output}");
    }
}

#[test]
fn a_column_name_that_only_sounds_telling_says_nothing() {
    let scanner = scanner();
    for (key, value) in [
        ("next_page_token", "k3Jd8sLq0ZpW7vTn"),
        ("max_tokens", "4096"),
        ("phonetic", "5550143"),
        ("id", "2025550143"),
    ] {
        assert_eq!(scanner.scan(value, Context::key(key)).unwrap(), [], "{key}");
    }
}

#[test]
fn what_is_switched_off_is_not_reported() {
    let config = ScannerConfig {
        kinds: KindSet::ALL.without(Kind::Email).without(Kind::HiddenUnicode),
        ..ScannerConfig::default()
    };
    let scanner = Scanner::new(config).unwrap();
    let found = scan(&scanner, "ann@example.com \u{200B} 4111111111111111");
    assert_eq!(found.iter().map(|f| f.kind).collect::<Vec<_>>(), [Kind::Card]);
}

#[test]
fn weak_findings_are_there_for_those_who_ask() {
    let config = ScannerConfig { minimum_confidence: Confidence::Low, ..ScannerConfig::default() };
    let found = scan(&Scanner::new(config).unwrap(), "no 123456789");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].confidence, Confidence::Low);
}

#[test]
fn a_number_cut_over_two_texts_is_found_in_both() {
    let found = scanner().scan_joined(&["card 4111 1111", "1111 1111 ok"]).unwrap();
    let spans: Vec<_> = found.iter().map(|(part, f)| (*part, f.span.clone(), f.kind)).collect();
    assert_eq!(spans, [(0, 5..14, Kind::Card), (1, 0..9, Kind::Card)]);
}

#[test]
fn things_are_found_however_they_are_cut() {
    let scanner = scanner();
    let token = format!("gh{}{}", "p_", "q7Xk2LmZ9RtB4vNc8WyD1sHf6JgT3pKe5aUo");
    for whole in ["4111111111111111", "ann@example.com", "123-45-6789", token.as_str()] {
        for cut in 1..whole.len() {
            let (head, tail) = whole.split_at(cut);
            let parts = [format!("see {head}"), format!("{tail} for it")];
            let joined = scanner.scan_joined(&[&parts[0], &parts[1]]).unwrap();
            let alone = parts.iter().any(|part| !scan(&scanner, part).is_empty());
            assert!(alone || !joined.is_empty(), "{whole} cut at {cut}");
        }
        let letters: Vec<String> = whole.chars().map(String::from).collect();
        let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
        assert_eq!(scanner.scan_joined(&letters).unwrap().len(), letters.len(), "{whole}");
    }
}

#[test]
fn a_finding_of_one_part_is_not_told_again() {
    let found = scanner().scan_joined(&["mail ann@example.co", "m and 4111111111111111", "x"]);
    assert_eq!(found.unwrap(), []);
}

#[test]
fn parts_that_only_stand_beside_each_other_are_left_alone() {
    let scanner = scanner();
    for parts in [["row 12", "34 of 99"], ["Hello", "world@"], ["1234", "5678"], ["a@b", "c"]] {
        assert_eq!(scanner.scan_joined(&parts).unwrap(), [], "{parts:?}");
    }
}

#[test]
fn long_parts_are_joined_at_their_ends() {
    let head = format!("{}4111 1111", "lorem ipsum ".repeat(500));
    let tail = format!("1111 1111{}", " dolor sit".repeat(500));
    let found = scanner().scan_joined(&[&head, &tail]).unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(&head[found[0].1.span.clone()], "4111 1111");
    assert_eq!(&tail[found[1].1.span.clone()], "1111 1111");
}

#[test]
fn text_inside_a_blob_is_found() {
    let mut blob = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 16, b'J', b'F', b'I', b'F', 0, 1];
    let start = blob.len();
    blob.extend(b"ann@example.com");
    blob.extend([0x9B, 0x1B, 0x80, 0xC0]);
    let found = scanner().scan_blob(&blob).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].kind, found[0].span.clone()), (Kind::Email, start..start + 15));
}

#[test]
fn wide_text_inside_a_blob_is_found() {
    let blob: Vec<u8> = "to: ann@example.com".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let found = scanner().scan_blob(&blob).unwrap();
    assert_eq!((found[0].kind, found[0].span.clone()), (Kind::Email, 8..37));
}

#[test]
fn random_bytes_hold_nothing() {
    let mut state = 1_u64;
    let blob: Vec<u8> = (0..500_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    assert_eq!(scanner().scan_blob(&blob).unwrap(), []);
}

#[test]
fn a_text_over_the_limit_is_an_error() {
    let text = "a".repeat(MAX_TEXT_BYTES + 1);
    let error = ScanError::TooLarge { bytes: MAX_TEXT_BYTES + 1 };
    let scanner = scanner();
    assert_eq!(scanner.scan(&text, Context::none()), Err(error));
    assert_eq!(scanner.scan_blob(text.as_bytes()), Err(error));
    assert_eq!(scanner.scan_joined(&[&text]), Ok(Vec::new()));
}

#[test]
fn too_many_findings_are_an_error() {
    let text = "a@b.cd ".repeat(MAX_FINDINGS + 1);
    assert_eq!(scanner().scan(&text, Context::none()), Err(ScanError::TooManyFindings));
}

#[test]
fn findings_never_show_what_was_found() {
    let found = scan(&scanner(), "ann@example.com 4111111111111111");
    let debug = format!("{found:?}");
    assert!(!debug.contains("ann") && !debug.contains("4111"), "{debug}");
}

#[test]
fn names_are_unique_and_lead_back() {
    for kind in Kind::ALL {
        assert_eq!(Kind::from_name(kind.name()), Some(kind));
        assert!(KindSet::ALL.contains(kind));
    }
    assert_eq!(Kind::from_name("unknown"), None);
    assert_eq!(Class::HiddenText.name(), "hidden-text");
}

#[test]
fn a_scanner_can_be_shared() {
    fn shareable<T: Send + Sync>() {}
    shareable::<Scanner>();
}

#[test]
fn a_name_in_a_file_of_keys_is_read_as_it_is_written() {
    let scanner = scanner();
    let header = ["PuTTY-User-", "Key-File-2: ssh-rsa\nPrivate-MAC: 00\n"].concat();
    assert_eq!(scan(&scanner, &header).len(), 1);
    assert_eq!(scan(&scanner, &header.to_lowercase()), []);
}

#[test]
fn a_padded_token_and_a_credential_in_a_credential_are_found() {
    let scanner = scanner();
    let token =
        ["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9==", ".eyJzdWIiOiIxMjM0NSJ9=.NQeDvUjS93FxCJCxF0N"].concat();
    assert_eq!(scan(&scanner, &token)[0].span, 0..token.len());
    let nested = "authorization:$authorization:q7Xk2LmZ9RtB4vNc";
    let found = scan(&scanner, nested);
    assert_eq!(&nested[found[0].span.clone()], "q7Xk2LmZ9RtB4vNc");
}

#[test]
fn thousands_of_parts_are_joined_in_one_go() {
    let parts = ["pay 4111 1111", "1111 1111 now"].repeat(5_000);
    assert_eq!(scanner().scan_joined(&parts).unwrap().len(), parts.len());
}
