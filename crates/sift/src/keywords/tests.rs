//! The same places as an automaton gives, in the same order.

use super::{Keywords, Place};
use aho_corasick::{AhoCorasick, MatchKind};
use proptest::prelude::*;

const WORDS: [&str; 10] =
    ["@", "eyJ", "://", "token", "api_key", "API-key", "key", "contraseña", "apikey", "PRIVATE KEY"];

fn by_automaton(text: &str) -> Vec<Place> {
    let mut builder = AhoCorasick::builder();
    let automaton =
        builder.match_kind(MatchKind::Standard).ascii_case_insensitive(true).build(WORDS).unwrap();
    let found = automaton.find_overlapping_iter(text);
    let place =
        |hit: aho_corasick::Match| Place::new(hit.pattern().as_usize(), hit.end(), hit.len()).unwrap();
    found.map(place).collect()
}

#[test]
fn two_signs_are_no_keyword() {
    assert!(Keywords::new(["ab"]).is_err());
}

proptest! {
    #[test]
    fn places_are_those_of_an_automaton(
        pieces in prop::collection::vec(prop_oneof![
            prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned),
            prop::sample::select(WORDS.to_vec()).prop_map(str::to_uppercase),
            "[a-zA-Z@:/_ -]{0,4}",
            any::<String>(),
        ], 0..20)
    ) {
        let text = pieces.concat();
        let keywords = Keywords::new(WORDS).unwrap();
        prop_assert_eq!(keywords.places(&text), by_automaton(&text));
    }
}

#[test]
fn a_text_of_nothing_but_keywords_takes_eight_bytes_for_each() {
    assert_eq!(size_of::<Place>(), 8);
}
