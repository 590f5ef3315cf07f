//! Owns numbers that carry a check digit.

use super::random::Random;

/// Prefixes of cards that payment processors publish for tests, and the length of their cards.
const TEST_CARDS: [(&str, usize); 7] = [
    ("411111", 16),
    ("424242", 16),
    ("401288", 16),
    ("555555", 16),
    ("510510", 16),
    ("222300", 16),
    ("378282", 15),
];

/// A card number with a test prefix and a right check digit (ISO/IEC 7812-1, annex B).
pub(crate) fn card(random: &mut Random) -> String {
    let (prefix, length) = random.one_of(&TEST_CARDS);
    let body = format!("{prefix}{}", random.digits(length.saturating_sub(prefix.len() + 1)));
    let sum: u32 = body
        .chars()
        .rev()
        .filter_map(|sign| sign.to_digit(10))
        .enumerate()
        .map(|(at, digit)| if at % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// The account `body` of `country` with its two check digits (ISO 13616, ISO/IEC 7064 mod 97-10).
pub(crate) fn iban(country: &str, body: &str) -> String {
    let rest = format!("{body}{country}00")
        .chars()
        .filter_map(|sign| sign.to_digit(36))
        .fold(0u64, |rest, value| (rest * if value > 9 { 100 } else { 10 } + u64::from(value)) % 97);
    format!("{country}{:02}{body}", 98 - rest)
}

/// The number of a registry that does not exist: `ZK`, two letters, a dot, three digits, a letter, a
/// slash, two digits. No scanner has a rule for it.
pub(crate) fn registry_number(random: &mut Random) -> String {
    format!("ZK{}.{}{}/{}", random.letters(2), random.digits(3), random.letters(1), random.digits(2))
}
