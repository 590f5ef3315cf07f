//! The JSON text of a result's data, and which value each of its bytes came from.
//!
//! It knows no finding's meaning: it says where in the data something lies that was found in the text.

use crate::told::Told;
use serde_json::Value;
use sift::Finding;
use std::ops::Range;

/// Compact JSON, byte for byte as `serde_json` writes it, and its pieces in order.
#[derive(Default)]
pub(crate) struct JsonText {
    pub(crate) text: String,
    pieces: Vec<Piece>,
    leaves: usize,
}

/// A stretch of a string or a number. Of an escape both ends stand for the one sign that it is.
struct Piece {
    text: Range<usize>,
    raw: Range<usize>,
    /// Strings and numbers are counted in their order; a key is none of them.
    leaf: Option<usize>,
}

impl JsonText {
    pub(crate) fn of(value: &Value) -> Self {
        let mut json = Self::default();
        json.value(value);
        json
    }

    /// What was found in the text, cut into the values that it lies in, and what lies in no value.
    pub(crate) fn told<'f>(&self, findings: &'f [Finding]) -> (Told, Vec<&'f Finding>) {
        let (mut told, mut elsewhere) = (Told::default(), Vec::new());
        for finding in findings {
            let first = self.pieces.partition_point(|piece| piece.text.end <= finding.span.start);
            let touched = self.pieces.iter().skip(first);
            let mut touched = touched.take_while(|piece| piece.text.start < finding.span.end).peekable();
            let mut placed = false;
            while let Some(piece) = touched.next() {
                let Some(leaf) = piece.leaf else { continue };
                let mut span = piece.cut(&finding.span);
                while let Some(next) = touched.next_if(|next| next.leaf == Some(leaf)) {
                    span.end = next.cut(&finding.span).end;
                }
                told.add(leaf, Finding { span, ..finding.clone() });
                placed = true;
            }
            if !placed {
                elsewhere.push(finding);
            }
        }
        (told, elsewhere)
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                let leaf = self.next_leaf();
                self.string(text, Some(leaf));
            }
            Value::Number(number) => {
                let leaf = self.next_leaf();
                let written = number.to_string();
                self.push(&written, 0..written.len(), Some(leaf));
            }
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.text.push(if at == 0 { '[' } else { ',' });
                    self.value(item);
                }
                self.text.push_str(if items.is_empty() { "[]" } else { "]" });
            }
            Value::Object(members) => {
                for (at, (name, member)) in members.iter().enumerate() {
                    self.text.push(if at == 0 { '{' } else { ',' });
                    self.string(name, None);
                    self.text.push(':');
                    self.value(member);
                }
                self.text.push_str(if members.is_empty() { "{}" } else { "}" });
            }
            Value::Null => self.text.push_str("null"),
            Value::Bool(truth) => self.text.push_str(if *truth { "true" } else { "false" }),
        }
    }

    const fn next_leaf(&mut self) -> usize {
        self.leaves += 1;
        self.leaves - 1
    }

    fn string(&mut self, raw: &str, leaf: Option<usize>) {
        self.text.push('"');
        let mut plain = 0;
        for (at, sign) in raw.bytes().enumerate() {
            let Some(escape) = escape(sign) else { continue };
            self.push(raw.get(plain..at).unwrap_or(""), plain..at, leaf);
            self.push(&escape, at..at + 1, leaf);
            plain = at + 1;
        }
        self.push(raw.get(plain..).unwrap_or(""), plain..raw.len(), leaf);
        self.text.push('"');
    }

    fn push(&mut self, written: &str, raw: Range<usize>, leaf: Option<usize>) {
        if !written.is_empty() {
            let start = self.text.len();
            self.text.push_str(written);
            self.pieces.push(Piece { text: start..self.text.len(), raw, leaf });
        }
    }
}

impl Piece {
    /// The bytes of the value that `span` of the text takes of this piece.
    fn cut(&self, span: &Range<usize>) -> Range<usize> {
        if self.text.len() != self.raw.len() {
            return self.raw.clone();
        }
        let start = span.start.max(self.text.start) - self.text.start;
        let end = span.end.min(self.text.end) - self.text.start;
        self.raw.start + start..self.raw.start + end
    }
}

/// How JSON writes a sign that cannot stand in a string as it is.
fn escape(sign: u8) -> Option<String> {
    Some(match sign {
        b'"' => "\\\"".to_owned(),
        b'\\' => "\\\\".to_owned(),
        0x08 => "\\b".to_owned(),
        0x0C => "\\f".to_owned(),
        b'\n' => "\\n".to_owned(),
        b'\r' => "\\r".to_owned(),
        b'\t' => "\\t".to_owned(),
        0..=0x1F => format!("\\u{sign:04x}"),
        _ => return None,
    })
}
