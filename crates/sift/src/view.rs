//! A rewritten text with the way back: which original bytes each rewritten byte came from.
//!
//! Knows nothing of why a text was rewritten; folding and unescaping both build one.

use std::borrow::Cow;
use std::ops::Range;

/// A text made from another one, piece by piece.
pub(crate) struct View<'a> {
    pub(crate) text: Cow<'a, str>,
    pieces: Vec<Piece>,
}

/// One stretch of the view and where it came from.
struct Piece {
    start: usize,
    original: Range<usize>,
    copied: bool,
}

impl<'a> View<'a> {
    /// The text as it is.
    pub(crate) fn same(text: &'a str) -> Self {
        Self { text: Cow::Borrowed(text), pieces: Vec::new() }
    }

    /// An empty view to be built with [`View::copy`] and [`View::replace`].
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { text: Cow::Owned(String::with_capacity(bytes)), pieces: Vec::new() }
    }

    /// Appends the part of the original that starts at `start` unchanged.
    pub(crate) fn copy(&mut self, start: usize, part: &str) {
        if part.is_empty() {
            return;
        }
        self.push(start..start + part.len(), true, part);
    }

    /// Appends `replacement` for the original bytes `original`.
    pub(crate) fn replace(&mut self, original: Range<usize>, replacement: &str) {
        if !replacement.is_empty() {
            self.push(original, false, replacement);
        }
    }

    fn push(&mut self, original: Range<usize>, copied: bool, part: &str) {
        let text = self.text.to_mut();
        self.pieces.push(Piece { start: text.len(), original, copied });
        text.push_str(part);
    }

    /// The original bytes that the bytes `span` of the view came from, without what was
    /// left out before the first and after the last of them.
    pub(crate) fn original(&self, span: Range<usize>) -> Range<usize> {
        let start = self.piece_at(span.start).map_or(span.start, |piece| {
            if piece.copied {
                piece.original.start + (span.start - piece.start)
            } else {
                piece.original.start
            }
        });
        let last = span.end.saturating_sub(1);
        let end = self.piece_at(last).map_or(span.end, |piece| {
            if piece.copied { piece.original.start + (last - piece.start) + 1 } else { piece.original.end }
        });
        start..end.max(start)
    }

    /// Whether any byte of `span` was rewritten.
    pub(crate) fn rewritten(&self, span: Range<usize>) -> bool {
        let first = self.pieces.partition_point(|piece| piece.start <= span.start);
        self.pieces
            .iter()
            .skip(first.saturating_sub(1))
            .take_while(|piece| piece.start < span.end)
            .any(|piece| !piece.copied)
    }

    fn piece_at(&self, at: usize) -> Option<&Piece> {
        let after = self.pieces.partition_point(|piece| piece.start <= at);
        self.pieces.get(after.checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests;
