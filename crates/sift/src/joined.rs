//! Findings that lie across the border of two texts that are shown one after the other.
//!
//! Owns how texts are joined and how a finding is cut back into its parts. Whatever one
//! part shows by itself is found by scanning that part and is not repeated here.

use std::ops::Range;

use crate::budget::Budget;
use crate::finding::{Confidence, Finding};
use crate::kind::{Class, Kind};
use crate::limits::ScanError;
use crate::page::BLANK;
use crate::scanner::{Context, Scanner};

/// Bytes of a long part that are joined at either end. Tokens are shorter; of a longer
/// thing (a private key) each end is recognised by itself.
const WINDOW_BYTES: usize = 1024;

/// A piece of a part inside the joined text.
struct Piece {
    part: usize,
    /// Where the piece starts in its part.
    offset: usize,
    /// Where the piece lies in the joined text.
    joined: Range<usize>,
}

struct Joined {
    text: String,
    pieces: Vec<Piece>,
}

impl Scanner {
    /// What is found only when `parts` are read as one text, cut back into the parts.
    ///
    /// A finding over three parts gives three entries. Refuses with [`ScanError`] when the
    /// joined ends of the parts are too much for one scan.
    pub fn scan_joined(&self, parts: &[&str]) -> Result<Vec<(usize, Finding)>, ScanError> {
        let mut found: Vec<(usize, Finding)> = Vec::new();
        // Cut inside a group of digits, or where a space was.
        for separator in ["", " "] {
            let joined = join(parts, separator);
            // Once as a whole, and each piece once for what begins in it and once for what ends there.
            let budget = Budget::for_bytes(3 * joined.text.len());
            for finding in self.sift_within(&joined.text, Context::none(), &budget)?.findings {
                if !may_cross(&finding) {
                    continue;
                }
                let cuts: Vec<(&Piece, Range<usize>)> = joined.cuts(&finding.span).collect();
                let parts_touched = cuts
                    .windows(2)
                    .any(|pair| matches!(pair, [(left, _), (right, _)] if left.part != right.part));
                if !parts_touched || self.is_seen_alone(&joined, &cuts, &finding, &budget)? {
                    continue;
                }
                for (piece, span) in cuts {
                    found.push((piece.part, Finding { span, ..finding.clone() }));
                }
            }
        }
        found.sort_by_key(|(part, finding)| (*part, finding.span.start, finding.span.end, finding.kind));
        found.dedup();
        Ok(found)
    }

    /// Whether one of the pieces shows the same kind at the same place by itself.
    fn is_seen_alone(
        &self,
        joined: &Joined,
        cuts: &[(&Piece, Range<usize>)],
        finding: &Finding,
        budget: &Budget,
    ) -> Result<bool, ScanError> {
        for (piece, span) in cuts {
            let text = joined.text.get(piece.joined.clone()).unwrap_or("");
            let alone = self.sift_within(text, Context::none(), budget)?.findings;
            let seen = alone.iter().any(|other| {
                other.kind == finding.kind
                    && other.span.start + piece.offset < span.end
                    && other.span.end + piece.offset > span.start
            });
            if seen {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Joined {
    /// The pieces that `span` of the joined text touches, each with its bytes of the part.
    fn cuts(&self, span: &Range<usize>) -> impl Iterator<Item = (&Piece, Range<usize>)> {
        let first = self.pieces.partition_point(|piece| piece.joined.end <= span.start);
        let end = span.end;
        let start = span.start;
        self.pieces
            .iter()
            .skip(first)
            .take_while(move |piece| piece.joined.start < end)
            .map(move |piece| {
                let from = start.max(piece.joined.start) - piece.joined.start;
                let to = end.min(piece.joined.end) - piece.joined.start;
                (piece, piece.offset + from..piece.offset + to)
            })
            .filter(|(_, cut)| !cut.is_empty())
    }
}

/// Kinds whose proof does not lean on the words around them.
fn may_cross(finding: &Finding) -> bool {
    match finding.kind {
        Kind::IpAddress => false,
        Kind::Phone => finding.confidence == Confidence::High,
        kind => kind.class() != Class::HiddenText,
    }
}

fn join(parts: &[&str], separator: &str) -> Joined {
    let mut joined = Joined { text: String::new(), pieces: Vec::new() };
    for (part, text) in parts.iter().enumerate() {
        if part > 0 {
            joined.text.push_str(separator);
        }
        if text.len() <= 2 * WINDOW_BYTES {
            joined.push(part, 0, text);
        } else {
            let head = text.floor_char_boundary(WINDOW_BYTES);
            let tail = text.ceil_char_boundary(text.len() - WINDOW_BYTES);
            joined.push(part, 0, text.get(..head).unwrap_or(""));
            joined.text.push(char::from(BLANK));
            joined.push(part, tail, text.get(tail..).unwrap_or(""));
        }
    }
    joined
}

impl Joined {
    fn push(&mut self, part: usize, offset: usize, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.pieces.push(Piece { part, offset, joined: start..self.text.len() });
    }
}

#[cfg(test)]
mod tests;
