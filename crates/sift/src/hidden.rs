//! Text a reader does not see: which characters are hidden, and where they are not.
//!
//! Owns the list of invisible and reordering characters; `joiner` owns the exceptions that
//! living scripts and emoji need, `terminal` the control sequences. Sources: the Unicode
//! property `Default_Ignorable_Code_Point`, UTS #51 and the nine controls of UAX #9.

use std::ops::Range;

use crate::budget::Budget;
use crate::kind::Kind;
use crate::limits::{MAX_FINDINGS, ScanError};
use crate::{joiner, terminal};

/// A stretch of one kind of hidden text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hidden {
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
}

/// All hidden text, in order, neighbours of one kind joined. Refuses with [`ScanError`] if there is
/// more of it than can be reported.
pub(crate) fn find(text: &str, budget: &Budget) -> Result<Vec<Hidden>, ScanError> {
    let mut found: Vec<Hidden> = Vec::new();
    budget.count(text.len());
    if is_visible_ascii(text.as_bytes()) {
        return Ok(found);
    }
    let mut done = 0;
    for (at, character) in text.char_indices() {
        if at < done {
            continue;
        }
        let (kind, end) = if terminal::is_control(character) {
            (Kind::TerminalControl, terminal::sequence_end(text, at, budget))
        } else if is_bidi_control(character) {
            (Kind::BidiControl, at + character.len_utf8())
        } else if is_invisible(character) {
            let end = at + character.len_utf8();
            if let Some(legitimate) = joiner::legitimate_end(text, at, character) {
                done = legitimate;
                continue;
            }
            (Kind::HiddenUnicode, end)
        } else {
            continue;
        };
        done = end;
        if found.len() > MAX_FINDINGS {
            return Err(ScanError::TooManyFindings);
        }
        match found.last_mut() {
            Some(last) if last.kind == kind && last.span.end == at => last.span.end = end,
            _ => found.push(Hidden { kind, span: at..end }),
        }
    }
    Ok(found)
}

/// Whether a character has no shape of its own. Some of these are legitimate in places.
pub(crate) const fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{AD}' | '\u{34F}' | '\u{61C}'
        | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}'
        | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// Embeddings, overrides, isolates and their ends. Plain Arabic and Hebrew need none.
pub(crate) const fn is_bidi_control(character: char) -> bool {
    matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whether the bytes are printable ASCII, tabs and line ends. Reads blocks without an
/// early exit inside, which the compiler turns into vector code.
fn is_visible_ascii(bytes: &[u8]) -> bool {
    const BLOCK: usize = 64;
    bytes.chunks(BLOCK).all(|block| {
        block.iter().fold(true, |visible, byte| {
            visible & (matches!(byte, 0x20..=0x7E) | matches!(byte, b'\t' | b'\n' | b'\r'))
        })
    })
}

#[cfg(test)]
mod tests;
