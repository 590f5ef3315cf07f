//! The text a recogniser reads: folded, bounds-checked, with the name of its column.
//!
//! Reads past either end give NUL, which no recogniser accepts, so boundary checks need no
//! special case at the ends of the text.

use std::cell::Cell;
use std::ops::Range;

use crate::budget::Budget;
use crate::finding::{Confidence, Layer};
use crate::kind::Kind;
use crate::randomness::{self, Profile};

/// Stands in for what was already found, one byte for one byte, so that a second pass sees
/// the neighbours as they will look once the finding is gone. No recogniser accepts it
/// inside a match.
pub(crate) const BLANK: u8 = b'|';

/// What a replaced finding starts with.
pub(crate) const MARKER_START: &str = "[redacted:";

/// Longest name of a kind, with room for more.
const MAX_MARKER_NAME: usize = 24;

/// A match before overlaps are resolved, in bytes of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) confidence: Confidence,
    pub(crate) layer: Layer,
}

impl Candidate {
    pub(crate) fn plain(kind: Kind, span: Range<usize>, confidence: Confidence) -> Self {
        Self { kind, start: span.start, end: span.end, confidence, layer: Layer::Plain }
    }
}

/// Name of the column or key that a text is the value of, and whether a recogniser asked for it.
///
/// A name that nobody asked for had no say in what was found.
#[derive(Clone, Copy, Default)]
pub(crate) struct Key<'a> {
    name: Option<&'a str>,
    asked: Option<&'a Cell<bool>>,
}

impl<'a> Key<'a> {
    /// A key that notes in `asked` when it is asked for.
    pub(crate) const fn noting(name: Option<&'a str>, asked: &'a Cell<bool>) -> Self {
        Self { name, asked: Some(asked) }
    }

    #[cfg(test)]
    pub(crate) const fn of(name: &'a str) -> Self {
        Self { name: Some(name), asked: None }
    }

    /// The name, if there is one. This is the only way to it.
    pub(crate) fn name(self) -> Option<&'a str> {
        if let Some(asked) = self.asked {
            asked.set(true);
        }
        self.name
    }
}

/// One text as the recognisers see it.
#[derive(Clone, Copy)]
pub(crate) struct Page<'a> {
    pub(crate) text: &'a str,
    pub(crate) key: Key<'a>,
    /// Pays for what is read here.
    pub(crate) budget: &'a Budget,
}

/// Bytes that [`Page::find`] looks at together: one cache line.
const BLOCK: usize = 64;

impl<'a> Page<'a> {
    pub(crate) fn new(text: &'a str, key: Key<'a>, budget: &'a Budget) -> Self {
        Self { text, key, budget }
    }

    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// The byte at `at`, NUL past the end.
    pub(crate) fn byte(&self, at: usize) -> u8 {
        self.bytes().get(at).copied().unwrap_or(0)
    }

    /// The byte before `at`, NUL at the start.
    pub(crate) fn byte_before(&self, at: usize) -> u8 {
        at.checked_sub(1).map_or(0, |before| self.byte(before))
    }

    /// The text in `span`, empty where the span does not lie on character boundaries.
    pub(crate) fn slice(&self, span: Range<usize>) -> &'a str {
        self.text.get(span).unwrap_or("")
    }

    /// The first byte from `at` on that `accepts`. Reads blocks without an early exit inside, which the
    /// compiler turns into vector code.
    pub(crate) fn find(&self, at: usize, accepts: impl Fn(u8) -> bool) -> Option<usize> {
        let rest = self.bytes().get(at..)?;
        let (block, bytes) = rest
            .chunks(BLOCK)
            .enumerate()
            .find(|(_, block)| block.iter().fold(false, |any, byte| any | accepts(*byte)))?;
        let offset = bytes.iter().position(|byte| accepts(*byte))?;
        let ahead = block * BLOCK + offset;
        self.budget.count(ahead + 1);
        Some(at + ahead)
    }

    /// End of the run of bytes that `accepts` from `start`, at most `limit` bytes long.
    pub(crate) fn run_end(&self, start: usize, limit: usize, accepts: impl Fn(u8) -> bool) -> usize {
        let run = self.bytes().get(start..).unwrap_or(&[]).iter().take(limit);
        let length = run.take_while(|byte| accepts(**byte)).count();
        self.budget.count(length + 1);
        start + length
    }

    /// Start of the run of bytes that `accepts` up to `end`, at most `limit` bytes long.
    pub(crate) fn run_start(&self, end: usize, limit: usize, accepts: impl Fn(u8) -> bool) -> usize {
        let run = self.bytes().get(..end).unwrap_or(&[]).iter().rev().take(limit);
        let length = run.take_while(|byte| accepts(**byte)).count();
        self.budget.count(length + 1);
        end - length
    }

    /// How random `value`, a part of the text, looks.
    pub(crate) fn profile(&self, value: &str) -> Profile {
        self.budget.count(randomness::STEPS);
        Profile::of(value)
    }

    /// Whether the byte before `at` belongs to a word that the byte at `at` continues. A
    /// letter that closes a backslash escape such as `\n` does not.
    pub(crate) fn word_before(&self, at: usize) -> bool {
        let before = self.byte_before(at);
        (before.is_ascii_alphanumeric() || before == b'_') && !self.escape_letter_before(at)
    }

    /// Whether the byte at `at` continues a word.
    pub(crate) fn word_at(&self, at: usize) -> bool {
        let byte = self.byte(at);
        byte.is_ascii_alphanumeric() || byte == b'_'
    }

    /// Whether the bytes up to `at` are the start of a marker's name.
    pub(crate) fn in_marker(&self, at: usize) -> bool {
        let name = self.run_start(at, MAX_MARKER_NAME, |byte| byte.is_ascii_lowercase() || byte == b'-');
        let start = name.checked_sub(MARKER_START.len());
        start.is_some_and(|start| self.slice(start..name) == MARKER_START)
    }

    /// Whether the byte before `at` is the letter of an escape such as `\n` or `\t`.
    pub(crate) fn escape_letter_before(&self, at: usize) -> bool {
        at >= 2
            && matches!(self.byte_before(at), b'n' | b'r' | b't' | b'b' | b'f')
            && self.byte_before(at - 1) == b'\\'
    }
}
