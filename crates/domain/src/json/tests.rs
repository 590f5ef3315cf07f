//! The strict reading of JSON: what is kept, what is refused, where it ends.

use super::{Json, JsonError, JsonLimits};
use proptest::prelude::*;

fn parse(text: &str) -> Result<Json, JsonError> {
    Json::parse(text.as_bytes(), JsonLimits::MESSAGE)
}

fn check(text: &str, sorted: &str) {
    assert_eq!(parse(text).map(|value| value.to_sorted_string()), Ok(sorted.to_owned()), "{text}");
}

#[test]
fn keys_are_sorted_and_tokens_kept() {
    check(r#" { "b" : 1.0 , "a" : [ 1, 1e2, -0 ] } "#, r#"{"a":[1,1e2,-0],"b":1.0}"#);
    check(r#""A\n\/\ud83d\ude00""#, "\"A\\n/😀\"");
    check("18446744073709551615", "18446744073709551615");
    check("[]", "[]");
}

#[test]
fn what_two_parsers_could_read_in_two_ways_is_refused() {
    for text in [
        r#"{"a":1,"a":2}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#""\ud800""#,
        r#""\udc00\ud800""#,
        "1e999",
        "18446744073709551616",
        "-9223372036854775809",
        "01",
        "1.",
        ".5",
        "+1",
        "NaN",
        "'a'",
        "[1,]",
        r#"{"a":1,}"#,
        "{} {}",
        "",
        "\u{feff}{}",
        "\"\u{1}\"",
        "tru",
        "// a\n1",
    ] {
        assert!(parse(text).is_err(), "{text:?} was read");
    }
    assert_eq!(Json::parse(b"\"\xff\"", JsonLimits::MESSAGE), Err(JsonError::NotUtf8));
}

#[test]
fn a_duplicate_among_many_keys_is_found() {
    let keys: Vec<String> = (0..40).map(|number| format!("\"k{number}\":0")).collect();
    assert!(parse(&format!("{{{}}}", keys.join(","))).is_ok());
    for again in [0, 15, 16, 17, 39] {
        let text = format!("{{{},\"k{again}\":1}}", keys.join(","));
        assert!(matches!(parse(&text), Err(JsonError::DuplicateKey { .. })), "k{again}");
    }
}

#[test]
fn depth_and_count_are_bounded() {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(parse(&deep(64)).is_ok());
    assert_eq!(parse(&deep(65)), Err(JsonError::TooDeep { limit: 64 }));
    assert!(parse(&deep(100_000)).is_err());
    let many = format!("[{}0]", "0,".repeat(100_000));
    assert_eq!(parse(&many), Err(JsonError::TooMany { limit: 100_000 }));
}

#[test]
fn digests_differ_where_the_text_differs_in_meaning_to_anyone() {
    let digest = |text: &str| parse(text).unwrap().digest();
    assert_ne!(digest("1"), digest("1.0"));
    assert_ne!(digest("\"\u{e9}\""), digest("\"e\u{301}\""));
    assert_ne!(digest(r#"{"a":null}"#), digest("{}"));
    assert_eq!(digest(r#"{"a":1,"b":2}"#), digest(r#"{ "b":2, "a":1 }"#));
    assert_eq!(digest(r#""\u0041""#), digest(r#""A""#));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Json::parse(&bytes, JsonLimits::MESSAGE);
    }

    #[test]
    fn what_serde_json_writes_reads_the_same(text in ".*", number in any::<i64>(), real in any::<f64>()) {
        prop_assume!(real.is_finite());
        let value = serde_json::json!({ "text": text, "number": number, "real": real, "list": [null, true] });
        let ours = parse(&value.to_string()).unwrap();
        prop_assert_eq!(ours.to_value(), value);
        let again = parse(&ours.to_sorted_string()).unwrap();
        prop_assert_eq!(again.digest(), ours.digest());
    }
}
