//! Encoded runs: where they begin, what they hold.

use super::{readings, runs};
use crate::budget::Budget;
use crate::finding::Layer;
use crate::page::{Key, Page};

fn found(text: &str) -> Vec<&str> {
    let budget = Budget::for_bytes(text.len());
    let page = Page::new(text, Key::default(), &budget);
    runs(page, false).map(|run| &text[run.start..run.end]).collect()
}

#[test]
fn runs_are_found_wherever_they_stand() {
    let run = "QUJDREVGR0hJSktMTU5P";
    for pad in 0..40 {
        let text = format!("{}{run}{}", " ".repeat(pad), ". ".repeat(20));
        assert_eq!(found(&text), [run], "{pad}");
    }
    assert_eq!(found(&format!("{run}==, {run}")), [&format!("{run}=="), run]);
    assert_eq!(found("fifteen-letters and short words only").len(), 0);
}

#[test]
fn only_cut_runs_are_read_again() {
    let budget = Budget::for_bytes(0);
    let page = Page::new("QUJDREVGR0hJSktMTU5P |QUJDREVGR0hJSktMTU5P", Key::default(), &budget);
    assert_eq!(runs(page, true).count(), 1);
}

#[test]
fn hexadecimal_digits_are_read_from_either_half() {
    let hex: Vec<Vec<u8>> = readings("a4142434445464748")
        .filter(|reading| reading.layer == Layer::Hex)
        .map(|reading| reading.bytes)
        .collect();
    assert_eq!(hex[1], b"ABCDEFGH");
}

#[test]
fn base64_is_read_from_every_place() {
    let texts: Vec<Vec<u8>> = readings("--QUJDREVGR0hJSktM")
        .filter(|reading| reading.layer == Layer::Base64)
        .map(|reading| reading.bytes)
        .collect();
    assert!(texts.iter().any(|bytes| bytes == b"ABCDEFGHIJKL"), "{texts:?}");
}
