//! Telling words and column names.

use super::{named, speaks_for};
use crate::budget::Budget;
use crate::page::{Key, Page};

fn near(text: &str, number: &str) -> bool {
    let start = text.find(number).unwrap();
    let budget = Budget::for_bytes(text.len());
    let page = Page::new(text, Key::default(), &budget);
    speaks_for(&page, start, start + number.len(), &["phone", "card"])
}

#[test]
fn words_close_by_speak() {
    assert!(near("my phone is 12345", "12345"));
    assert!(near("CARD: 12345", "12345"));
    assert!(near("12345 (phone)", "12345"));
    assert!(near("homePhone=12345", "12345"));
}

#[test]
fn words_far_off_or_inside_others_do_not() {
    assert!(!near("phone one two three four five six 12345", "12345"));
    assert!(!near("cardinal 12345", "12345"));
    assert!(!near("12345\nphone", "12345"));
    assert!(!near("12345 one two three phone", "12345"));
}

#[test]
fn markers_masks_and_blanks_are_stepped_over() {
    assert!(!near("[redacted:card] 12345", "12345"));
    let far = "phone a b c d e [redacted:card] ****1111 |||| 12345";
    assert!(near(far, "12345"));
    assert!(!near(&far.replace(" e ", " e f "), "12345"));
}

#[test]
fn column_names_are_taken_apart() {
    for key in ["phone", "home_phone", "homePhone", "PHONE-NO", "phonenumber", "phones", "user.phone"] {
        assert!(named(Key::of(key), &["phone"]), "{key}");
    }
    for key in ["phonetic", "microphone", "id", ""] {
        assert!(!named(Key::of(key), &["phone"]), "{key}");
    }
    assert!(!named(Key::default(), &["phone"]));
}
