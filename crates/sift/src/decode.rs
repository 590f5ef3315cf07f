//! Runs of base64 and hexadecimal digits, and what they say when decoded.
//!
//! Owns where a run starts and ends and in how many ways it is read. A run may have other
//! letters glued to its front, so it is read from each place where a group can begin. What
//! is found inside is for the scanner to say.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::finding::Layer;
use crate::page::{BLANK, Page};

/// Shortest run that is decoded: twelve bytes of base64 or eight of hexadecimal digits.
/// Fewer hold no card, no token and hardly an address.
const MIN_RUN: usize = 16;

/// Shortest line of base64 that goes on in the next line. MIME breaks at 76, PEM at 64.
const MIN_WRAPPED_LINE: usize = 60;

/// Padded or not, and with whatever bits are left over at the end of a cut-off run.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A run in the page and the ways it can be read.
pub(crate) struct EncodedRun {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// All runs of the page. With `blanked_only` set, those alone that a blank has cut.
pub(crate) fn runs<'p>(page: Page<'p>, blanked_only: bool) -> impl Iterator<Item = EncodedRun> + 'p {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let run = next_run(&page, at)?;
            at = run.end;
            let cut = page.byte_before(run.start) == BLANK || page.byte(run.end) == BLANK;
            if cut || !blanked_only {
                return Some(run);
            }
        }
    })
}

/// The next run from `at` on. Reads backwards from where the shortest run would end: a run cannot
/// begin before the last sign that is none of its own.
fn next_run(page: &Page<'_>, at: usize) -> Option<EncodedRun> {
    let mut start = at;
    // Everything from `start` up to here is known to belong to a run.
    let mut known = at;
    loop {
        let shortest_end = start + MIN_RUN;
        if shortest_end > page.text.len() {
            return None;
        }
        let reaches = page.run_start(shortest_end, shortest_end - known, is_base64);
        if reaches == known {
            break;
        }
        (start, known) = (reaches, shortest_end);
    }
    let line_end = page.run_end(start, usize::MAX, is_base64);
    let body = unwrapped_end(page, start, line_end);
    let end = page.run_end(body, 2, |byte| byte == b'=');
    Some(EncodedRun { start, end })
}

/// End of a run that is broken into long lines.
fn unwrapped_end(page: &Page<'_>, start: usize, line_end: usize) -> usize {
    let mut line_start = start;
    let mut end = line_end;
    loop {
        let length = end - line_start;
        let next = line_break_end(page, end);
        let goes_on = length >= MIN_WRAPPED_LINE && length.is_multiple_of(4) && next > end;
        let next_end = page.run_end(next, usize::MAX, is_base64);
        if !goes_on || next_end == next {
            return end;
        }
        line_start = next;
        end = next_end;
    }
}

/// A line break, real or escaped.
fn line_break_end(page: &Page<'_>, at: usize) -> usize {
    ["\r\n", "\n", "\\r\\n", "\\n"]
        .into_iter()
        .find(|mark| page.slice(at..at + mark.len()) == *mark)
        .map_or(at, |mark| at + mark.len())
}

/// One way to read a run.
pub(crate) struct Reading {
    pub(crate) layer: Layer,
    /// The digits that it reads, as bytes of the run.
    pub(crate) span: Range<usize>,
    pub(crate) bytes: Vec<u8>,
}

/// The ways to read the run `written`, the likeliest first.
pub(crate) fn readings(written: &str) -> impl Iterator<Item = Reading> + '_ {
    let hex = hex_stretches(written).flat_map(move |span| {
        let digits = written.get(span.clone()).unwrap_or("");
        let odd = digits.get(1..).unwrap_or("");
        let reading =
            move |digits| Reading { layer: Layer::Hex, span: span.clone(), bytes: from_hex(digits) };
        [digits, odd].into_iter().map(reading)
    });
    let plain = standard_alphabet(written);
    let base64 = (0..4).filter_map(move |offset| {
        let bytes = from_base64(plain.get(offset..)?)?;
        Some(Reading { layer: Layer::Base64, span: 0..written.len(), bytes })
    });
    hex.chain(base64)
}

/// Stretches of hexadecimal digits inside a run that are long enough by themselves.
fn hex_stretches(written: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut next = 0;
    let spans = written.split(|c: char| !c.is_ascii_hexdigit()).map(move |digits| {
        let span = next..next + digits.len();
        // A run is ASCII, so one byte divides two stretches.
        next = span.end + 1;
        span
    });
    spans.filter(|span| span.len() >= MIN_RUN)
}

fn from_hex(digits: &str) -> Vec<u8> {
    let value = |byte: u8| char::from(byte).to_digit(16).and_then(|v| u8::try_from(v).ok());
    digits
        .as_bytes()
        .chunks_exact(2)
        .filter_map(|pair| match pair {
            [high, low] => Some(value(*high)? << 4 | value(*low)?),
            _ => None,
        })
        .collect()
}

/// The run without line breaks, in the standard alphabet.
fn standard_alphabet(written: &str) -> Cow<'_, str> {
    let other = |byte: u8| matches!(byte, b'-' | b'_' | b'=' | b'\\' | b'\n' | b'\r');
    if !written.bytes().any(other) {
        return Cow::Borrowed(written);
    }
    let lines = written.replace("\\r", "").replace("\\n", "");
    let mapped = lines.chars().filter_map(|c| match c {
        '-' => Some('+'),
        '_' => Some('/'),
        '=' | '\n' | '\r' | '\\' => None,
        c => Some(c),
    });
    Cow::Owned(mapped.collect())
}

fn from_base64(run: &str) -> Option<Vec<u8>> {
    // A single character over a whole group holds no byte.
    let length = if run.len() % 4 == 1 { run.len() - 1 } else { run.len() };
    LENIENT.decode(run.get(..length)?).ok()
}

/// Which bytes are digits of base64, in either alphabet: asked for most bytes of a text, so a table.
#[expect(clippy::indexing_slicing, reason = "the compiler makes the table: a wrong index would not build")]
const BASE64_DIGITS: [bool; 256] = {
    let mut digits = [false; 256];
    let mut byte = 0u8;
    while byte < 128 {
        digits[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
        byte += 1;
    }
    digits
};

fn is_base64(byte: u8) -> bool {
    BASE64_DIGITS.get(usize::from(byte)).copied().unwrap_or(false)
}

#[cfg(test)]
mod tests;
