//! Writes a record's JSON straight in the canonical form of RFC 8785.
//!
//! The callers write their keys in sorted order (a test sorts every record again and compares) and
//! only whole numbers below 2^53. Control signs appear as JSON escapes only: those that RFC 8785
//! would write as they are (DEL, C1, line separators, direction marks) become U+FFFD.

use std::fmt::Display;
use std::io::Write as _;

/// The largest whole number that every JSON reader holds exactly.
const MAX_EXACT: u64 = (1 << 53) - 1;
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// A JSON text in the making, behind bytes that stand before it.
pub(crate) struct Writer {
    text: Vec<u8>,
}

impl Writer {
    /// Begins an object after `before`.
    pub(crate) fn object_after(before: Vec<u8>) -> Self {
        let mut text = before;
        text.push(b'{');
        Self { text }
    }

    /// Ends the object. Returns everything.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.text.push(b'}');
        self.text
    }

    fn separate(&mut self) {
        if !matches!(self.text.last(), Some(b'{' | b'[' | b':')) {
            self.text.push(b',');
        }
    }

    pub(crate) fn key(&mut self, key: &'static str) -> &mut Self {
        self.separate();
        self.text.push(b'"');
        self.text.extend_from_slice(key.as_bytes());
        self.text.extend_from_slice(b"\":");
        self
    }

    pub(crate) fn object_open(&mut self) {
        self.separate();
        self.text.push(b'{');
    }

    pub(crate) fn object_close(&mut self) {
        self.text.push(b'}');
    }

    pub(crate) fn object(&mut self, inner: impl FnOnce(&mut Self)) {
        self.object_open();
        inner(self);
        self.object_close();
    }

    pub(crate) fn array_open(&mut self) {
        self.separate();
        self.text.push(b'[');
    }

    pub(crate) fn array_close(&mut self) {
        self.text.push(b']');
    }

    pub(crate) fn array(&mut self, inner: impl FnOnce(&mut Self)) {
        self.array_open();
        inner(self);
        self.array_close();
    }

    pub(crate) fn number(&mut self, number: u64) {
        self.separate();
        // Writing to a Vec cannot fail.
        let _written = write!(self.text, "{}", number.min(MAX_EXACT));
    }

    /// Our own words, which need no escape.
    pub(crate) fn word(&mut self, word: &str) {
        self.separate();
        self.text.push(b'"');
        self.text.extend_from_slice(word.as_bytes());
        self.text.push(b'"');
    }

    /// A value whose text needs no escape: a call identifier.
    pub(crate) fn plain(&mut self, value: impl Display) {
        self.separate();
        let _written = write!(self.text, "\"{value}\"");
    }

    /// Bytes as lower-case hexadecimal digits: digests and pseudonyms.
    pub(crate) fn hex(&mut self, bytes: &[u8]) {
        self.separate();
        self.text.push(b'"');
        let digit = |value: u8| DIGITS.get(usize::from(value & 15)).copied().unwrap_or_default();
        self.text.reserve(2 * bytes.len());
        for byte in bytes {
            self.text.extend_from_slice(&[digit(byte >> 4), digit(*byte)]);
        }
        self.text.push(b'"');
    }

    /// A foreign text, escaped. The caller has capped it.
    pub(crate) fn string(&mut self, text: &str) {
        let needs_no_escape = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
        if text.bytes().all(needs_no_escape) {
            self.word(text);
            return;
        }
        self.separate();
        self.text.push(b'"');
        for sign in text.chars() {
            self.sign(sign);
        }
        self.text.push(b'"');
    }

    fn sign(&mut self, sign: char) {
        let escaped: &[u8] = match sign {
            '"' => b"\\\"",
            '\\' => b"\\\\",
            '\u{8}' => b"\\b",
            '\t' => b"\\t",
            '\n' => b"\\n",
            '\u{c}' => b"\\f",
            '\r' => b"\\r",
            '\0'..='\u{1f}' => {
                let _written = write!(self.text, "\\u{:04x}", u32::from(sign));
                return;
            }
            sign => {
                let shown = if is_invisible_control(sign) { '\u{fffd}' } else { sign };
                self.text.extend_from_slice(shown.encode_utf8(&mut [0; 4]).as_bytes());
                return;
            }
        };
        self.text.extend_from_slice(escaped);
    }
}

/// Signs that change how a terminal or a page shows the text around them.
fn is_invisible_control(sign: char) -> bool {
    matches!(sign,
        '\u{7f}'..='\u{9f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}')
}

/// The text, cut at a sign's border to at most `max_bytes`, with the length it had.
pub(crate) fn capped(text: &str, max_bytes: usize) -> std::borrow::Cow<'_, str> {
    if text.len() <= max_bytes {
        return text.into();
    }
    let end = text.floor_char_boundary(max_bytes);
    let kept = text.get(..end).unwrap_or_default();
    format!("{kept}… ({} bytes)", text.len()).into()
}
