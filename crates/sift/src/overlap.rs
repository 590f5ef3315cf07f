//! Which of several overlapping matches stands.
//!
//! The surer one wins, then the one that needed no decoding, then the more specific kind,
//! then the longer one. What is left of a loser is read again in the next pass, with the
//! winner blanked out.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::finding::{Confidence, Layer};
use crate::kind::Kind;
use crate::page::Candidate;

/// Keeps the winners, in order of their start.
pub(crate) fn resolve(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.sort_by_key(|candidate| (candidate.start, candidate.end));
    let apart = candidates.windows(2).all(|pair| matches!(pair, [left, right] if left.end <= right.start));
    if apart {
        return candidates;
    }
    candidates.sort_by_key(|candidate| Reverse(rank(candidate)));
    let mut standing: BTreeMap<usize, Candidate> = BTreeMap::new();
    for candidate in candidates {
        let before = standing.range(..candidate.end).next_back();
        if before.is_none_or(|(_, winner)| winner.end <= candidate.start) {
            standing.insert(candidate.start, candidate);
        }
    }
    standing.into_values().collect()
}

fn rank(candidate: &Candidate) -> (bool, bool, Reverse<Kind>, usize, Confidence) {
    (
        candidate.confidence > Confidence::Low,
        matches!(candidate.layer, Layer::Plain | Layer::Escaped),
        Reverse(candidate.kind),
        candidate.end - candidate.start,
        candidate.confidence,
    )
}

#[cfg(test)]
mod tests;
