//! The words around a match and the name of its column, for matches that are weak alone.
//!
//! Owns how far is looked and what counts as a word. Which words speak for a kind is said
//! by the recogniser of that kind. Markers, masked values and blanks are stepped over
//! without being counted, so a text reads the same before and after its findings are
//! replaced.

use crate::page::{BLANK, Key, MARKER_START, Page};

/// Words read before a match. Presidio's five, and one for an article.
const WORDS_BEFORE: usize = 6;
/// Words read after a match: "is my mobile", "(home phone)".
const WORDS_AFTER: usize = 3;
/// Bytes read on either side; six long words.
const MAX_BYTES: usize = 96;
/// Markers, masked values and blanks stepped over.
const MAX_SKIPPED: usize = 16;
/// Longest word compared; no telling word is longer.
const MAX_WORD_BYTES: usize = 24;

/// What column names add to a telling word without a separator.
const NUMBER_ENDINGS: [&str; 5] = ["number", "numbers", "num", "no", "s"];

/// Whether one of `words` (lower case) stands near the bytes `start..end` of the page or
/// is part of the name of its column.
pub(crate) fn speaks_for(page: &Page<'_>, start: usize, end: usize, words: &[&str]) -> bool {
    named(page.key, words) || near_before(page, start, WORDS_BEFORE, words) || near_after(page, end, words)
}

/// Whether one of `words` is a part of the column's name, alone or as in `phonenumber`.
pub(crate) fn named(key: Key<'_>, words: &[&str]) -> bool {
    let bare = |word: &str| {
        NUMBER_ENDINGS.iter().any(|ending| {
            let rest = word.len().checked_sub(ending.len()).and_then(|cut| word.split_at_checked(cut));
            rest.is_some_and(|(head, tail)| tail.eq_ignore_ascii_case(ending) && is_one_of(head, words))
        })
    };
    key.name().is_some_and(|key| key_words(key).any(|word| is_one_of(word, words) || bare(word)))
}

/// Whether one of `words` is among the last `count` words before `start`.
pub(crate) fn near_before(page: &Page<'_>, start: usize, count: usize, words: &[&str]) -> bool {
    let mut at = start;
    let mut left = count;
    let mut budget = MAX_BYTES;
    let mut skips = MAX_SKIPPED;
    while left > 0 && budget > 0 && at > 0 {
        if let Some(before) = step_over_before(page, at) {
            let Some(rest) = skips.checked_sub(1) else {
                return false;
            };
            skips = rest;
            at = before;
            continue;
        }
        let word_start = page.run_start(at, MAX_BYTES, is_word_byte);
        if word_start == at {
            at -= 1;
            budget -= 1;
            continue;
        }
        let word = page.slice(word_start..at);
        if parts(word).any(|part| is_one_of(part, words)) {
            return true;
        }
        // A number says nothing about the number beside it.
        if !word.bytes().all(|byte| byte.is_ascii_digit()) {
            left -= 1;
        }
        budget = budget.saturating_sub(at - word_start);
        at = word_start;
    }
    false
}

fn near_after(page: &Page<'_>, end: usize, words: &[&str]) -> bool {
    let mut at = end;
    let mut left = WORDS_AFTER;
    let mut budget = MAX_BYTES;
    while left > 0 && budget > 0 && at < page.text.len() {
        let word_end = page.run_end(at, MAX_BYTES, is_word_byte);
        if word_end == at {
            // What follows a line end or a cell's end speaks for something else.
            if matches!(page.byte(at), b'\n' | b',' | b';' | b'|' | b'[' | b'*') {
                return false;
            }
            at += 1;
            budget -= 1;
            continue;
        }
        if parts(page.slice(at..word_end)).any(|part| is_one_of(part, words)) {
            return true;
        }
        left -= 1;
        budget = budget.saturating_sub(word_end - at);
        at = word_end;
    }
    false
}

/// The start of a marker, a masked value or a run of blanks that ends at `at`.
fn step_over_before(page: &Page<'_>, at: usize) -> Option<usize> {
    match page.byte_before(at) {
        BLANK => Some(page.run_start(at, usize::MAX, |byte| byte == BLANK)),
        b']' => {
            let name =
                page.run_start(at - 1, MAX_WORD_BYTES, |byte| byte.is_ascii_lowercase() || byte == b'-');
            let start = name.checked_sub(MARKER_START.len())?;
            (page.slice(start..name) == MARKER_START).then_some(start)
        }
        byte if byte.is_ascii_alphanumeric() => {
            let tail = page.run_start(at, MAX_WORD_BYTES, |byte| byte.is_ascii_alphanumeric());
            (page.byte_before(tail) == b'*')
                .then(|| page.run_start(tail, MAX_WORD_BYTES, |byte| byte == b'*'))
        }
        _ => None,
    }
}

/// Letters and digits, and every byte of a character outside ASCII.
fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    let mut buffer = [0; MAX_WORD_BYTES];
    let Some(lower) = buffer.get_mut(..word.len()) else {
        return false;
    };
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    if word.is_ascii() {
        return words.iter().any(|candidate| candidate.as_bytes() == &*lower);
    }
    // Scripts without spaces run words together.
    let lower = word.to_lowercase();
    words.iter().any(|candidate| !candidate.is_ascii() && lower.contains(candidate))
}

/// The words of a column name: `cardNumber`, `card_number` and `CARD-NUMBER` are the same.
fn key_words(key: &str) -> impl Iterator<Item = &str> {
    key.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).flat_map(parts)
}

/// A word and the parts of it that begin with a capital letter after a small one.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(word);
    let whole = std::iter::once(word);
    whole.chain(std::iter::from_fn(move || {
        let current = rest?;
        let bump = current
            .as_bytes()
            .windows(2)
            .position(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()));
        let (part, tail) = match bump {
            Some(position) => (current.get(..=position)?, current.get(position + 1..)),
            None => (current, None),
        };
        rest = tail;
        Some(part)
    }))
}

#[cfg(test)]
mod tests;
