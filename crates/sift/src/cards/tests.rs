//! Cards among other numbers.

use super::{Digits, is_luhn_valid};

#[test]
fn check_digit_is_verified() {
    assert!(is_luhn_valid(&[4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]));
    assert!(!is_luhn_valid(&[4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]));
}

#[test]
fn no_more_digits_than_a_card_has_are_kept() {
    let mut digits = Digits::default();
    assert!(digits.extend("4111111111111111111"));
    assert!(!digits.extend("1"));
}

#[test]
fn a_right_check_digit_without_an_issuer_is_no_card() {
    let mut digits = Digits::default();
    assert!(digits.extend("9999999999999995"));
    assert!(is_luhn_valid(digits.as_slice()));
    assert!(digits.verdict().is_none());
}
