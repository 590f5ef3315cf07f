//! Payment card numbers: ISO/IEC 7812 check digit, issuer ranges and their lengths.
//!
//! Must not know what a card is used for. A long number that is not written the way cards
//! are written is none, whatever its check digit says.

use crate::context;
use crate::finding::Confidence;
use crate::kind::Kind;
use crate::numbers::{NumberMatch, Run};
use crate::page::{Candidate, Page};

const MIN_DIGITS: usize = 12;
const MAX_DIGITS: usize = 19;

/// Words that speak for a card number.
const WORDS: [&str; 24] = [
    "card",
    "cards",
    "cc",
    "ccn",
    "pan",
    "credit",
    "debit",
    "visa",
    "mastercard",
    "amex",
    "maestro",
    "discover",
    "diners",
    "jcb",
    "unionpay",
    "payment",
    "creditcard",
    "debitcard",
    "karte",
    "kreditkarte",
    "carte",
    "tarjeta",
    "cartão",
    "carta",
];

/// How much a range says by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Range {
    /// One issuer with fixed lengths: the check digit is proof enough.
    Firm,
    /// Lengths or prefixes that other numbers share: needs a word beside it.
    Loose,
}

/// A range of first four digits, the lengths it is issued in, and what it says.
struct Issuer(u16, u16, &'static [usize], Range);

/// Ranges of the card schemes, by first four digits.
const ISSUERS: [Issuer; 24] = [
    Issuer(4000, 4999, &[16], Range::Firm),
    Issuer(4000, 4999, &[13, 19], Range::Loose),
    Issuer(5100, 5599, &[16], Range::Firm),
    Issuer(2221, 2720, &[16], Range::Firm),
    Issuer(3400, 3499, &[15], Range::Firm),
    Issuer(3700, 3799, &[15], Range::Firm),
    Issuer(3000, 3059, &[14], Range::Firm),
    Issuer(3095, 3095, &[14], Range::Firm),
    Issuer(3600, 3699, &[14], Range::Firm),
    Issuer(3800, 3999, &[14], Range::Firm),
    Issuer(3000, 3099, &[16], Range::Loose),
    Issuer(3600, 3999, &[16, 17, 18, 19], Range::Loose),
    Issuer(6011, 6011, &[16, 19], Range::Firm),
    Issuer(6440, 6599, &[16, 19], Range::Firm),
    Issuer(3528, 3589, &[16, 19], Range::Firm),
    Issuer(1800, 1800, &[15], Range::Loose),
    Issuer(2131, 2131, &[15], Range::Loose),
    Issuer(6200, 6299, &[16, 17, 18, 19], Range::Firm),
    Issuer(2200, 2204, &[16, 17, 18, 19], Range::Firm),
    Issuer(9792, 9792, &[16], Range::Firm),
    Issuer(5000, 5099, &[12, 13, 14, 15, 16, 17, 18, 19], Range::Loose),
    Issuer(5600, 5899, &[12, 13, 14, 15, 16, 17, 18, 19], Range::Loose),
    Issuer(6000, 6999, &[12, 13, 14, 15, 16, 17, 18, 19], Range::Loose),
    Issuer(1000, 1999, &[15], Range::Loose),
];

/// The card number that begins with the group `index` of `run`.
pub(crate) fn at_group(page: &Page<'_>, run: Run<'_>, index: usize) -> Option<NumberMatch> {
    let first = run.group(index)?;
    if is_cut_short(run, index) || is_fraction(page, run, index) {
        return None;
    }
    let separator = run.separator_after(page, index);
    let mut digits = Digits::default();
    let mut best = None;
    for used in 1.. {
        let Some(group) = run.group(index + used - 1) else {
            break;
        };
        if !digits.extend(page.slice(group.start..group.end)) {
            break;
        }
        if let Some(range) = digits.verdict().filter(|_| is_written_as_card(run, index, used)) {
            best = Some((used, group.end, range));
        }
        if !is_card_separator(separator) || run.separator_after(page, index + used - 1) != separator {
            break;
        }
    }
    let (used, end, range) = best?;
    let proven = range == Range::Firm && stands_alone(page, run, index, used);
    let told = || run.is_led(index) && context::speaks_for(page, first.start, end, &WORDS);
    let confidence = if proven || told() { Confidence::High } else { Confidence::Low };
    Some(NumberMatch { candidate: Candidate::plain(Kind::Card, first.start..end, confidence), groups: used })
}

/// Whether the first group is too short for a card, or the number is written digit by digit
/// and did not start here.
fn is_cut_short(run: Run<'_>, index: usize) -> bool {
    let length = |at: usize| run.group(at).map_or(0, |group| group.len());
    match length(index) {
        1 => length(index + 1) != 1 || index > 0 && length(index - 1) == 1,
        length => length < 4,
    }
}

/// The digits after a decimal point are not a number of their own.
fn is_fraction(page: &Page<'_>, run: Run<'_>, index: usize) -> bool {
    run.separator_before(page, index) == "." && run.group(index).is_some_and(|group| group.len() > 4)
}

/// One block, or blocks of four and more; only the last may be shorter. One digit at a time
/// counts too: nobody writes anything else that way.
fn is_written_as_card(run: Run<'_>, index: usize, used: usize) -> bool {
    let lengths = || (index..index + used).filter_map(|at| run.group(at)).map(|group| group.len());
    let last = run.group(index + used - 1).map_or(0, |group| group.len());
    let blocks = last >= 3 && lengths().take(used - 1).all(|length| length >= 4);
    blocks || lengths().all(|length| length == 1)
}

fn is_card_separator(separator: &str) -> bool {
    !separator.is_empty() && separator.bytes().all(|b| matches!(b, b' ' | b'-' | b'.'))
}

/// Whether the number is not a window cut out of something longer: more groups of four in
/// the same hand, or the digits inside a random identifier.
fn stands_alone(page: &Page<'_>, run: Run<'_>, index: usize, used: usize) -> bool {
    let (Some(first), Some(last)) = (run.group(index), run.group(index + used - 1)) else {
        return false;
    };
    if used == 1 {
        return !is_in_identifier(page, first.start, last.end);
    }
    let separator = run.separator_after(page, index);
    let joins = |at: usize, between: &str| {
        between == separator && run.group(at).is_some_and(|group| group.len() == first.len())
    };
    let before = index > 0 && joins(index - 1, run.separator_before(page, index));
    let after = joins(index + used, run.separator_after(page, index + used - 1))
        && !is_card_of(page, run, index + used, used);
    !before && !after
}

/// Whether the next `used` groups are a card of their own, as in a list of cards.
fn is_card_of(page: &Page<'_>, run: Run<'_>, index: usize, used: usize) -> bool {
    let mut digits = Digits::default();
    (index..index + used)
        .all(|at| run.group(at).is_some_and(|group| digits.extend(page.slice(group.start..group.end))))
        && digits.verdict().is_some()
}

/// Letters on either side are fine in `card4111…x` but not in a hash, which changes between
/// letters and digits all the time.
fn is_in_identifier(page: &Page<'_>, start: usize, end: usize) -> bool {
    const REACH: usize = 32;
    let alphanumeric = |byte: u8| byte.is_ascii_alphanumeric();
    let from = page.run_start(start, REACH, alphanumeric);
    let to = page.run_end(end, REACH, alphanumeric);
    let token = page.slice(from..to).as_bytes();
    let changes = token
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_digit() != b.is_ascii_digit()))
        .count();
    changes > 2
}

/// Up to nineteen digits.
#[derive(Default)]
struct Digits {
    values: [u8; MAX_DIGITS],
    count: usize,
}

impl Digits {
    /// Appends a group, `false` when it no longer fits.
    fn extend(&mut self, group: &str) -> bool {
        group.bytes().all(|byte| {
            let Some(slot) = self.values.get_mut(self.count) else {
                return false;
            };
            *slot = byte.wrapping_sub(b'0');
            self.count += 1;
            true
        })
    }

    fn as_slice(&self) -> &[u8] {
        self.values.get(..self.count).unwrap_or(&[])
    }

    /// The strongest range these digits fit with a right check digit.
    fn verdict(&self) -> Option<Range> {
        let digits = self.as_slice();
        if digits.len() < MIN_DIGITS || !is_luhn_valid(digits) {
            return None;
        }
        let prefix = digits.iter().take(4).fold(0_u16, |value, digit| value * 10 + u16::from(*digit));
        let mut loose = None;
        for Issuer(from, to, lengths, range) in &ISSUERS {
            if (*from..=*to).contains(&prefix) && lengths.contains(&digits.len()) {
                if *range == Range::Firm {
                    return Some(Range::Firm);
                }
                loose = Some(Range::Loose);
            }
        }
        loose
    }
}

/// ISO/IEC 7812-1 annex B: every second digit from the right doubled, the sum divides by ten.
fn is_luhn_valid(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(*digit);
            match place % 2 {
                0 => value,
                _ if value > 4 => value * 2 - 9,
                _ => value * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests;
