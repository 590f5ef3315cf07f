//! Bytes that are mostly not text, made readable without moving anything.
//!
//! Owns what counts as text inside binary data. Every byte that is none becomes one blank,
//! so a span in the result is a span in the bytes.

use crate::page::BLANK;
use crate::terminal;
use crate::view::View;

/// Shortest stretch of text worth reading inside binary data; the shortest thing looked
/// for there, an e-mail address, is rarely shorter.
const MIN_STRETCH: usize = 8;

/// Share of NUL bytes (one in eight) from which data may be UTF-16 text.
const WIDE_SHARE: usize = 8;

/// Bytes as text.
pub(crate) struct Readable {
    pub(crate) text: String,
    /// Whether nothing had to be blanked.
    pub(crate) clean: bool,
}

/// The bytes with everything that is not text blanked, byte for byte.
pub(crate) fn readable(bytes: &[u8]) -> Readable {
    let mut text = String::with_capacity(bytes.len());
    let mut clean = true;
    let blank = |text: &mut String, count| {
        text.extend(std::iter::repeat_n(char::from(BLANK), count));
    };
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if terminal::is_control(character) {
                clean = false;
                blank(&mut text, character.len_utf8());
            } else {
                text.push(character);
            }
        }
        clean &= chunk.invalid().is_empty();
        blank(&mut text, chunk.invalid().len());
    }
    Readable { text, clean }
}

/// The bytes without NUL where they may be UTF-16 text, with the way back.
pub(crate) fn narrowed(bytes: &[u8]) -> Option<View<'static>> {
    let nuls = bytes.iter().filter(|byte| **byte == 0).count();
    if nuls == 0 || nuls < bytes.len() / WIDE_SHARE {
        return None;
    }
    let mut view = View::with_capacity(bytes.len() - nuls);
    for (at, byte) in bytes.iter().enumerate() {
        let readable = matches!(byte, 0x20..=0x7E | b'\t' | b'\n' | b'\r');
        match byte {
            0 => {}
            _ if readable => view.replace(at..at + 1, char::from(*byte).encode_utf8(&mut [0; 4])),
            _ => view.replace(at..at + 1, char::from(BLANK).encode_utf8(&mut [0; 4])),
        }
    }
    Some(view)
}

/// Whether the bytes hold a stretch of text long enough to hold anything.
pub(crate) fn has_text(bytes: &[u8]) -> bool {
    let mut stretch = 0;
    let long = bytes.iter().any(|byte| {
        let readable = matches!(byte, 0x20..=0x7E | b'\t' | b'\n' | b'\r' | 0);
        stretch = if readable { stretch + 1 } else { 0 };
        stretch >= MIN_STRETCH
    });
    long || std::str::from_utf8(bytes).is_ok()
}
