//! Carries out a decision: a text with its findings replaced.
//!
//! Owns what a marker and a mask look like. The result of scanning a replaced text again
//! is empty; the recognisers keep to that by never matching a marker or a masked value.

use std::ops::Range;

use crate::budget::Budget;
use crate::finding::{Finding, Layer};
use crate::fold::fold;
use crate::joiner;
use crate::kind::{Class, Kind};
use crate::page::MARKER_START;

/// What becomes of secrets and personal data. Hidden text is removed either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A marker that names the kind.
    Redact,
    /// The last four characters of numbers and the domain of an address stay; a marker for
    /// every other kind.
    Mask,
}

/// Digits that stay readable in a masked number.
const VISIBLE_TAIL: usize = 4;

/// `text` with every finding replaced or removed; findings may overlap and come in any order.
pub fn apply(text: &str, findings: &[Finding], action: Action) -> String {
    let mut order: Vec<&Finding> = findings.iter().collect();
    order.sort_by_key(|finding| (finding.span.start, finding.span.end));
    let mut output = String::with_capacity(text.len());
    let mut at = 0;
    let mut rest = order.as_slice();
    while let Some((cluster, later)) = next_cluster(rest) {
        let (span, replacement) = replace(text, cluster, action);
        let start = span.start.max(at);
        output.push_str(text.get(at..start).unwrap_or(""));
        output.push_str(&replacement);
        at = span.end.max(start);
        rest = later;
    }
    output.push_str(text.get(at..).unwrap_or(""));
    output
}

/// The first findings that overlap in a chain, and the others.
fn next_cluster<'f>(order: &'f [&'f Finding]) -> Option<(&'f [&'f Finding], &'f [&'f Finding])> {
    let mut end = order.first()?.span.end;
    let length = order
        .iter()
        .take_while(|finding| {
            let overlaps = finding.span.start < end || finding.span.end <= end;
            end = end.max(finding.span.end);
            overlaps
        })
        .count();
    order.split_at_checked(length.max(1))
}

/// The bytes to take out for one cluster and what to write instead.
fn replace(text: &str, cluster: &[&Finding], action: Action) -> (Range<usize>, String) {
    let start = cluster.iter().map(|finding| finding.span.start).min();
    let end = cluster.iter().map(|finding| finding.span.end).max();
    let whole = text.floor_char_boundary(start.unwrap_or(0))
        ..text.ceil_char_boundary(end.unwrap_or(0).min(text.len()));
    let named = cluster
        .iter()
        .filter(|finding| finding.class() != Class::HiddenText)
        .min_by_key(|finding| finding.kind);
    let Some(named) = named else {
        return (whole, String::new());
    };
    let value = text.get(whole.clone()).unwrap_or("");
    let ends = ends_there(text.get(whole.end..).unwrap_or(""));
    let starts = named.kind != Kind::Email || starts_there(text.get(..whole.start).unwrap_or(""));
    let alone = named.span == whole && named.layer == Layer::Plain;
    let masked =
        (action == Action::Mask && alone && starts && ends).then(|| mask(named.kind, value)).flatten();
    let replacement = masked.unwrap_or_else(|| marker(named.kind));
    (with_joiners(text, whole), replacement)
}

/// Whether what follows a value is no continuation of it, so that what a mask leaves
/// readable cannot become the first half of something else.
fn ends_there(after: &str) -> bool {
    let mut characters = after.chars();
    match characters.next() {
        Some('.' | '-' | '/') => !characters.next().is_some_and(char::is_alphanumeric),
        Some('@' | ':' | '_' | '%' | '&' | '\\') => false,
        Some(character) => !character.is_alphanumeric(),
        None => true,
    }
}

/// The same for what stands before the letter that an address keeps.
fn starts_there(before: &str) -> bool {
    before.chars().next_back().is_none_or(|character| {
        character.is_whitespace() || matches!(character, '<' | '(' | '"' | '\'' | '=' | ',' | ';' | '>' | '|')
    })
}

fn marker(kind: Kind) -> String {
    format!("{MARKER_START}{}]", kind.name())
}

/// The readable rest of a value, `None` for kinds that keep nothing.
fn mask(kind: Kind, value: &str) -> Option<String> {
    let hidden = crate::hidden::find(value, &Budget::for_bytes(value.len())).ok()?;
    let folded = fold(value, &hidden);
    match kind {
        Kind::Card | Kind::Phone | Kind::Iban | Kind::UsSsn => {
            let plain: Vec<char> = folded.text.chars().filter(char::is_ascii_alphanumeric).collect();
            let hidden = plain.len().checked_sub(VISIBLE_TAIL)?;
            let tail: String = plain.get(hidden..)?.iter().collect();
            (hidden >= VISIBLE_TAIL).then(|| format!("****{tail}"))
        }
        Kind::Email => {
            let (name, domain) = folded.text.split_once('@')?;
            let first = name.chars().next().filter(|letter| letter.is_alphabetic())?;
            let letters = !domain.bytes().any(|byte| byte.is_ascii_digit());
            letters.then(|| format!("{first}***@{domain}"))
        }
        _ => None,
    }
}

/// A joiner or selector beside a replaced value has lost what it was joined to.
fn with_joiners(text: &str, span: Range<usize>) -> Range<usize> {
    let before = text.get(..span.start).unwrap_or("");
    let after = text.get(span.end..).unwrap_or("");
    before.trim_end_matches(joiner::is_joiner).len()
        ..text.len() - after.trim_start_matches(joiner::is_joiner).len()
}
