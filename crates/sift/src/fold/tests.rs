//! The view without hidden characters, and the way back.

use std::borrow::Cow;

use super::fold;
use crate::budget::Budget;
use crate::hidden;

fn check(text: &str, folded: &str) {
    let hidden = hidden::find(text, &Budget::for_bytes(0)).unwrap();
    assert_eq!(fold(text, &hidden).text, folded, "{text:?}");
}

#[test]
fn plain_text_is_not_copied() {
    assert!(matches!(fold("plain\ttext\n", &[]).text, Cow::Borrowed(_)));
}

#[test]
fn look_alikes_become_ascii() {
    check("\u{FF14}\u{FF11}", "41");
    check("\u{1D7D9}\u{2460}\u{B2}", "112");
    check("\u{664}\u{96A}\u{E54}", "444");
    check("a\u{A0}b\u{2009}c\u{3000}d", "a b c d");
    check("1\u{2010}2\u{2212}3\u{FF0D}4", "1-2-3-4");
    check("x\u{FF20}y\u{3002}z", "x@y.z");
    check("\u{2122}\u{33A1}", "TMm2");
}

#[test]
fn invisible_characters_and_sequences_are_left_out() {
    check("4\u{200B}1\u{AD}1\u{2060}1", "4111");
    check("41\u{1B}[31m11", "4111");
    check("4\u{FE0F}\u{20E3}1\u{336}", "41");
    check("a\u{202E}b\u{E0041}c", "abc");
}

#[test]
fn other_scripts_stay() {
    check("\u{4ECA}\u{5929} \u{43F}\u{440} \u{5E9}", "\u{4ECA}\u{5929} \u{43F}\u{440} \u{5E9}");
}
