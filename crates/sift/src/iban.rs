//! International bank account numbers: ISO 13616 lengths and the ISO 7064 check digits.

use crate::finding::Confidence;
use crate::kind::Kind;
use crate::page::{Candidate, Page};

const MAX_CHARACTERS: usize = 34;

/// Country codes and the length of their numbers, from the IBAN registry.
const LENGTHS: [(&str, usize); 90] = [
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HN", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("RU", 33),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
    ("YE", 30),
    ("BF", 28),
];

/// The account number whose check digits start at `at`.
pub(crate) fn at_digit(page: &Page<'_>, at: usize) -> Option<Candidate> {
    let start = at.checked_sub(2)?;
    let country = page.slice(start..at);
    if !country.bytes().all(|byte| byte.is_ascii_alphabetic()) || page.word_before(start) {
        return None;
    }
    let length =
        LENGTHS.iter().find(|(code, _)| code.eq_ignore_ascii_case(country)).map(|(_, length)| *length)?;
    page.budget.count(2 * length);
    let end = end_of(page, start, length)?;
    Some(Candidate::plain(Kind::Iban, start..end, Confidence::High))
}

/// End of the `length` letters and digits from `start`, with single spaces or hyphens
/// between them, when the check digits are right.
fn end_of(page: &Page<'_>, start: usize, length: usize) -> Option<usize> {
    let mut characters = [0_u8; MAX_CHARACTERS];
    let mut at = start;
    let mut count = 0;
    while count < length {
        let byte = page.byte(at);
        if byte.is_ascii_alphanumeric() {
            *characters.get_mut(count)? = byte.to_ascii_uppercase();
            count += 1;
        } else if !matches!(byte, b' ' | b'-' | b'.') || !page.byte(at + 1).is_ascii_alphanumeric() {
            return None;
        }
        at += 1;
    }
    let number = characters.get(..count)?;
    (!page.word_at(at) && remainder(number)? == 1).then_some(at)
}

/// The number with its first four characters moved to the end, letters as 10 to 35,
/// modulo 97.
fn remainder(number: &[u8]) -> Option<u32> {
    let (head, account) = number.split_at_checked(4)?;
    if !head.get(2..)?.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = account.iter().chain(head).fold(0_u32, |value, byte| match byte {
        b'0'..=b'9' => (value * 10 + u32::from(byte - b'0')) % 97,
        _ => (value * 100 + u32::from(byte.saturating_sub(b'A')) + 10) % 97,
    });
    Some(value)
}
