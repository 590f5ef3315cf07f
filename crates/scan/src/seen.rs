//! Texts that one pass has read: a result often says the same in a block and again in its data.
//!
//! Two texts are the same if all their bytes are. What is found may depend on the key that a text
//! stands under; then it counts under that key alone.

use sift::{Finding, Sifted};

/// A shorter text is read again faster than it is kept.
const MIN_BYTES: usize = 128;

/// A result says the same twice, not many times; looking up stays cheaper than reading.
const MAX_TEXTS: usize = 8;

/// Bytes kept for one pass: four results of the tools' usual limit.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The texts and what was found in them.
#[derive(Default)]
pub(crate) struct Seen {
    texts: Vec<Known>,
    bytes: usize,
}

struct Known {
    text: Box<str>,
    key: Option<Box<str>>,
    sifted: Sifted,
}

impl Seen {
    /// What was found in `text` if it was read before and `key` cannot change it.
    pub(crate) fn find(&self, text: &str, key: Option<&str>) -> Option<Vec<Finding>> {
        let counts = |known: &&Known| {
            *known.text == *text && (known.sifted.in_any_context || known.key.as_deref() == key)
        };
        self.texts.iter().find(counts).map(|known| known.sifted.findings.clone())
    }

    /// Keeps what was found in `text` under `key`, while there is room.
    pub(crate) fn keep(&mut self, text: &str, key: Option<&str>, sifted: &Sifted) {
        let fits = text.len() >= MIN_BYTES && self.bytes + text.len() <= MAX_BYTES;
        if !fits || self.texts.len() >= MAX_TEXTS {
            return;
        }
        self.bytes += text.len();
        self.texts.push(Known { text: text.into(), key: key.map(Box::from), sifted: sifted.clone() });
    }
}

#[cfg(test)]
mod tests;
