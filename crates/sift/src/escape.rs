//! Escaped characters inside text: `%40`, `\u0040`, `\x40`, `&#64;`, `&#x40;`, `&commat;`.
//!
//! Owns what an escape is. Text is unescaped by regions around its escapes, so a single
//! `%20` in a large text does not cost a second reading of all of it.

use std::ops::Range;

use crate::page::{BLANK, Page};
use crate::view::View;

/// Escapes nearer to each other than this are read together; longer than any number or
/// address.
const MAX_GAP: usize = 256;
/// Text read on either side of the escapes of a region.
const MARGIN: usize = 128;
/// Digits of a character reference: `&#x10FFFF;`.
const MAX_REFERENCE_DIGITS: usize = 8;

/// Named references that stand for characters of the things looked for, or between them.
const NAMED: [(&str, char); 16] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("commat", '@'),
    ("period", '.'),
    ("colon", ':'),
    ("equals", '='),
    ("plus", '+'),
    ("sol", '/'),
    ("lowbar", '_'),
    ("hyphen", '-'),
    ("dash", '-'),
    ("num", '#'),
];

/// One escaped character.
struct Escape {
    span: Range<usize>,
    character: char,
}

/// Part of a page with its escapes.
pub(crate) struct Region {
    span: Range<usize>,
    escapes: Vec<Escape>,
}

impl Region {
    /// The region unescaped, with the way back to the page's bytes.
    pub(crate) fn unescaped(&self, page: &Page<'_>) -> View<'static> {
        let mut view = View::with_capacity(self.span.len());
        let mut at = self.span.start;
        for escape in &self.escapes {
            view.copy(at, page.slice(at..escape.span.start));
            view.replace(escape.span.clone(), escape.character.encode_utf8(&mut [0; 4]));
            at = escape.span.end;
        }
        view.copy(at, page.slice(at..self.span.end));
        view
    }
}

/// The regions of the page that hold escapes. With `blanked_only` set, those alone that
/// also hold a blank.
pub(crate) fn regions(page: &Page<'_>, blanked_only: bool) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    for escape in escapes(page) {
        match regions.last_mut() {
            Some(region) if escape.span.start < region.span.end + MAX_GAP => {
                region.span.end = escape.span.end;
                region.escapes.push(escape);
            }
            _ => regions.push(Region { span: escape.span.clone(), escapes: vec![escape] }),
        }
    }
    for region in &mut regions {
        let start = region.span.start.saturating_sub(MARGIN);
        let end = (region.span.end + MARGIN).min(page.text.len());
        region.span = page.text.ceil_char_boundary(start)..page.text.floor_char_boundary(end);
    }
    regions.retain(|region| !blanked_only || page.slice(region.span.clone()).bytes().any(|b| b == BLANK));
    regions
}

fn escapes(page: &Page<'_>) -> Vec<Escape> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(here) = page.find(at, |byte| matches!(byte, b'%' | b'\\' | b'&')) {
        at = match page.byte(here) {
            b'%' => percent(page, here, &mut found),
            b'\\' => backslash(page, here, &mut found),
            _ => reference(page, here, &mut found),
        };
    }
    found
}

/// A run of percent escapes, which may hold characters of several bytes.
fn percent(page: &Page<'_>, start: usize, found: &mut Vec<Escape>) -> usize {
    let mut bytes = Vec::new();
    let mut at = start;
    while page.byte(at) == b'%' {
        let Some(value) = number(page, at + 1, at + 3, 16) else {
            break;
        };
        bytes.push(u8::try_from(value).unwrap_or(0));
        at += 3;
    }
    let mut offset = 0;
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            let from = start + offset * 3;
            offset += character.len_utf8();
            let to = start + offset * 3;
            found.push(Escape { span: from..to, character });
        }
        offset += chunk.invalid().len();
    }
    at.max(start + 1)
}

/// `\u0040`, `\u{40}`, `\x40` and `\U00000040`.
fn backslash(page: &Page<'_>, start: usize, found: &mut Vec<Escape>) -> usize {
    let digits = start + 2;
    let (from, to, end) = match (page.byte(start + 1), page.byte(digits)) {
        (b'u', b'{') => {
            let close = page.run_end(digits + 1, MAX_REFERENCE_DIGITS, |b| b.is_ascii_hexdigit());
            (digits + 1, close, close + usize::from(page.byte(close) == b'}'))
        }
        (b'u', _) => (digits, digits + 4, digits + 4),
        (b'U', _) => (digits, digits + 8, digits + 8),
        (b'x', _) => (digits, digits + 2, digits + 2),
        _ => return start + 1,
    };
    push(page, start, from..to, end, 16, found)
}

/// `&#64;`, `&#x40;` and the names of [`NAMED`].
fn reference(page: &Page<'_>, start: usize, found: &mut Vec<Escape>) -> usize {
    let is_hex = page.byte(start + 2) | 0x20 == b'x';
    if page.byte(start + 1) == b'#' {
        let from = start + 2 + usize::from(is_hex);
        let radix = if is_hex { 16 } else { 10 };
        let to = page.run_end(from, MAX_REFERENCE_DIGITS, |b| char::from(b).is_digit(radix));
        let end = to + usize::from(page.byte(to) == b';');
        return push(page, start, from..to, end, radix, found);
    }
    let name = start + 1;
    let name_end = page.run_end(name, 6, |byte| byte.is_ascii_lowercase());
    let named =
        NAMED.iter().find(|(known, _)| page.byte(name_end) == b';' && *known == page.slice(name..name_end));
    let Some((_, character)) = named else {
        return start + 1;
    };
    found.push(Escape { span: start..name_end + 1, character: *character });
    name_end + 1
}

fn push(
    page: &Page<'_>,
    start: usize,
    digits: Range<usize>,
    end: usize,
    radix: u32,
    found: &mut Vec<Escape>,
) -> usize {
    let character = number(page, digits.start, digits.end, radix).and_then(char::from_u32);
    let Some(character) = character else {
        return start + 1;
    };
    found.push(Escape { span: start..end, character });
    end
}

fn number(page: &Page<'_>, from: usize, to: usize, radix: u32) -> Option<u32> {
    let digits = page.slice(from..to);
    let plain = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (plain && !digits.is_empty()).then(|| u32::from_str_radix(digits, radix).ok())?
}
