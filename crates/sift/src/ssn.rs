//! United States social security numbers, by the rules of the Social Security
//! Administration: no area 000, 666 or 900 and above, no group 00, no serial 0000.

use crate::context;
use crate::finding::Confidence;
use crate::kind::Kind;
use crate::numbers::{NumberMatch, Run};
use crate::page::{Candidate, Page};

const WORDS: [&str; 9] =
    ["ssn", "ssns", "social", "security", "socsec", "taxpayer", "tin", "itin", "national"];

/// The number that begins with the group `index` of `run`.
pub(crate) fn at_group(page: &Page<'_>, run: Run<'_>, index: usize) -> Option<NumberMatch> {
    let first = run.group(index)?;
    let used = match first.len() {
        3 => 3,
        9 => 1,
        _ => return None,
    };
    let last = run.group(index + used - 1)?;
    let separator = if used == 3 { run.separator_after(page, index) } else { "" };
    if used == 3 {
        let lengths = [run.group(index + 1)?.len(), last.len()];
        let same = run.separator_after(page, index + 1) == separator;
        if lengths != [2, 4] || !same || !matches!(separator, "-" | " " | ".") {
            return None;
        }
    }
    if page.word_before(first.start)
        || page.word_at(last.end)
        || joins(page, run, index, used)
        || !is_issued(&digits(page.slice(first.start..last.end)))
    {
        return None;
    }
    let confidence = match (separator, context::speaks_for(page, first.start, last.end, &WORDS)) {
        ("-", true) => Confidence::High,
        ("-", false) | (_, true) => Confidence::Medium,
        (_, false) => Confidence::Low,
    };
    Some(NumberMatch {
        candidate: Candidate::plain(Kind::UsSsn, first.start..last.end, confidence),
        groups: used,
    })
}

/// Whether a hyphen or a dot ties the number to a longer one.
fn joins(page: &Page<'_>, run: Run<'_>, index: usize, used: usize) -> bool {
    let ties = |separator: &str| matches!(separator, "-" | "." | "/");
    ties(run.separator_before(page, index)) || ties(run.separator_after(page, index + used - 1))
}

fn digits(written: &str) -> Vec<u8> {
    written.bytes().filter(u8::is_ascii_digit).collect()
}

fn is_issued(digits: &[u8]) -> bool {
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or(&[]);
    let (area, group, serial) = (part(0, 3), part(3, 5), part(5, 9));
    area != b"000"
        && area != b"666"
        && area.first() != Some(&b'9')
        && group != b"00"
        && serial != b"0000"
        // One digit nine times is a form that nobody filled in.
        && digits.iter().any(|digit| Some(digit) != digits.first())
}
