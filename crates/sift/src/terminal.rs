//! Control characters and the terminal sequences they open.
//!
//! Owns where a sequence ends (ECMA-48 and the xterm string commands). Every escape
//! character is inside a sequence or is one by itself, so none is ever left over.

use crate::budget::Budget;

/// Bytes of a string command's body (a window title, a link, a clipboard write) that are
/// read in search of its end. A link's address is rarely over 2 KiB.
const MAX_STRING_BYTES: usize = 4096;

/// Bytes of a control sequence's parameters. The longest in use, a true colour, has 19.
const MAX_PARAMETER_BYTES: usize = 64;

/// Whether a character is a control other than tab, line feed and carriage return.
pub(crate) const fn is_control(character: char) -> bool {
    matches!(character,
        '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{7F}'..='\u{9F}')
}

/// End of the sequence that the control character at `at` opens.
pub(crate) fn sequence_end(text: &str, at: usize, budget: &Budget) -> usize {
    let mut rest = text.get(at..).unwrap_or("").char_indices();
    let Some((_, opener)) = rest.next() else {
        return at;
    };
    let opener_end = at + opener.len_utf8();
    match opener {
        '\u{1B}' => escape_end(text, opener_end, budget),
        '\u{9B}' => control_sequence_end(text, opener_end),
        '\u{90}' | '\u{98}' | '\u{9D}'..='\u{9F}' => string_end(text, opener_end, budget),
        _ => opener_end,
    }
}

/// What follows an escape character.
fn escape_end(text: &str, at: usize, budget: &Budget) -> usize {
    match byte(text, at) {
        b'[' => control_sequence_end(text, at + 1),
        b']' | b'P' | b'X' | b'^' | b'_' => string_end(text, at + 1, budget),
        0x20..=0x2F => {
            let end = at + count(text, at, MAX_PARAMETER_BYTES, |b| matches!(b, 0x20..=0x2F));
            end + usize::from(matches!(byte(text, end), 0x30..=0x7E))
        }
        0x30..=0x7E => at + 1,
        _ => at,
    }
}

/// Parameters, intermediates and a final byte; the opener alone where they do not fit.
fn control_sequence_end(text: &str, at: usize) -> usize {
    let parameters = at + count(text, at, MAX_PARAMETER_BYTES, |b| matches!(b, 0x30..=0x3F));
    let end = parameters + count(text, parameters, MAX_PARAMETER_BYTES, |b| matches!(b, 0x20..=0x2F));
    if matches!(byte(text, end), 0x40..=0x7E) { end + 1 } else { at }
}

/// The body up to its terminator; the opener alone where there is none, so that an
/// unclosed command never swallows text.
fn string_end(text: &str, at: usize, budget: &Budget) -> usize {
    let body = text.get(at..).unwrap_or("");
    for (offset, character) in body.char_indices() {
        let here = at + offset;
        budget.count(1);
        match character {
            '\u{7}' | '\u{9C}' => return here + character.len_utf8(),
            '\u{1B}' if byte(text, here + 1) == b'\\' => return here + 2,
            _ if is_control(character) || character == '\n' || offset > MAX_STRING_BYTES => {
                return at;
            }
            _ => {}
        }
    }
    at
}

fn byte(text: &str, at: usize) -> u8 {
    text.as_bytes().get(at).copied().unwrap_or(0)
}

fn count(text: &str, at: usize, limit: usize, accepts: impl Fn(u8) -> bool) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or(&[]);
    rest.iter().take(limit).take_while(|byte| accepts(**byte)).count()
}

#[cfg(test)]
mod tests;
