//! The text as it is meant to be read: no hidden characters, plain digits and separators.
//!
//! Owns which characters look like which ASCII ones. Folding serves matching alone; what
//! is edited is always the original. ASCII text without control characters is not copied.

use unicode_normalization::char::decompose_compatible;

use crate::hidden::{self, Hidden};
use crate::view::View;

/// First code points of the blocks of ten decimal digits outside ASCII.
const DIGIT_ZEROS: [u32; 24] = [
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0,
    0xF20, 0x1040, 0x17E0, 0x1810, 0x1946, 0xA620, 0xA8D0, 0xABF0, 0x11066,
];

/// Folds `text`, leaving out the stretches in `hidden`.
pub(crate) fn fold<'a>(text: &'a str, hidden: &[Hidden]) -> View<'a> {
    if hidden.is_empty() && text.is_ascii() {
        return View::same(text);
    }
    let mut view = View::with_capacity(text.len());
    let mut gaps = hidden.iter();
    let mut gap = gaps.next();
    let mut copied = 0;
    let mut skip = 0;
    for (at, character) in text.char_indices() {
        if at < skip {
            continue;
        }
        let mut end = at + character.len_utf8();
        let folded = match gap {
            Some(stretch) if stretch.span.start == at => {
                end = stretch.span.end.max(end);
                gap = gaps.next();
                Fold::Drop
            }
            _ => fold_character(character),
        };
        if let Fold::Keep = folded {
            continue;
        }
        view.copy(copied, text.get(copied..at).unwrap_or(""));
        match folded {
            Fold::Byte(byte) => {
                view.replace(at..end, char::from(byte).encode_utf8(&mut [0; 4]));
            }
            Fold::Ascii => {
                let mut ascii = String::new();
                decompose_compatible(character, |part| ascii.push(part));
                view.replace(at..end, &ascii);
            }
            Fold::Drop | Fold::Keep => {}
        }
        copied = end;
        skip = end;
    }
    view.copy(copied, text.get(copied..).unwrap_or(""));
    view
}

enum Fold {
    Keep,
    Drop,
    Byte(u8),
    /// Becomes its compatibility decomposition, which is ASCII.
    Ascii,
}

fn fold_character(character: char) -> Fold {
    match character {
        '\0'..='\u{7F}' => Fold::Keep,
        '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => Fold::Byte(b' '),
        '\u{2028}' | '\u{2029}' => Fold::Byte(b'\n'),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' => Fold::Byte(b'-'),
        '\u{2024}' | '\u{B7}' | '\u{2022}' | '\u{3002}' | '\u{FF61}' => Fold::Byte(b'.'),
        // Overlays and accents are drawn on the character before and hide nothing but it.
        '\u{300}'..='\u{36F}' | '\u{20D0}'..='\u{20F0}' => Fold::Drop,
        _ if hidden::is_invisible(character) || hidden::is_bidi_control(character) => Fold::Drop,
        // Scripts without ASCII look-alikes in their compatibility forms.
        '\u{370}'..='\u{5FF}' | '\u{3040}'..='\u{D7FF}' if !is_squared(character) => Fold::Keep,
        _ => digit(character).map_or_else(|| compatible(character), Fold::Byte),
    }
}

const fn is_squared(character: char) -> bool {
    matches!(character, '\u{3200}'..='\u{33FF}')
}

fn digit(character: char) -> Option<u8> {
    let code = u32::from(character);
    let value = DIGIT_ZEROS.iter().find_map(|zero| code.checked_sub(*zero).filter(|value| *value < 10))?;
    Some(b'0' + u8::try_from(value).ok()?)
}

/// Full-width, circled, superscript and mathematical forms of ASCII characters.
fn compatible(character: char) -> Fold {
    let mut ascii = true;
    let mut parts = 0;
    let mut only = 0;
    decompose_compatible(character, |part| {
        parts += 1;
        ascii &= part.is_ascii() && part != character;
        only = u8::try_from(u32::from(part)).unwrap_or(0);
    });
    match (ascii, parts) {
        (true, 1) => Fold::Byte(only),
        (true, _) => Fold::Ascii,
        (false, _) => Fold::Keep,
    }
}

#[cfg(test)]
mod tests;
