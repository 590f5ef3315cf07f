//! Control sequences.

use super::sequence_end;
use crate::budget::Budget;

fn check(text: &str, sequence: &str) {
    assert_eq!(&text[..sequence_end(text, 0, &Budget::for_bytes(0))], sequence, "{text:?}");
}

#[test]
fn sequences_end_where_a_terminal_ends_them() {
    check("\u{1B}[31;1mred", "\u{1B}[31;1m");
    check("\u{9B}2Jx", "\u{9B}2J");
    check("\u{1B}]0;title\u{7}x", "\u{1B}]0;title\u{7}");
    check("\u{1B}]0;title\u{1B}\\x", "\u{1B}]0;title\u{1B}\\");
    check("\u{1B}(Bx", "\u{1B}(B");
    check("\u{1B}cx", "\u{1B}c");
    check("\u{8}x", "\u{8}");
}

#[test]
fn what_is_not_closed_swallows_no_text() {
    check("\u{1B}]0;the rest of the line\nmore", "\u{1B}]");
    check("\u{1B}]0;one\u{1B}]0;two\u{7}", "\u{1B}]");
    check("\u{1B}[\u{E9}", "\u{1B}[");
    check("\u{1B}\u{E9}", "\u{1B}");
    check(&format!("\u{1B}P{}\u{7}", "x".repeat(5000)), "\u{1B}P");
}
