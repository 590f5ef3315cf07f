//! What stands when matches overlap.

use super::resolve;
use crate::finding::{Confidence, Layer};
use crate::kind::Kind;
use crate::page::Candidate;

fn found(kind: Kind, start: usize, end: usize) -> Candidate {
    Candidate::plain(kind, start..end, Confidence::Medium)
}

#[test]
fn the_more_specific_kind_stands() {
    let email = found(Kind::Email, 0, 20);
    let card = found(Kind::Card, 0, 16);
    assert_eq!(resolve(vec![email, card.clone()]), [card]);
}

#[test]
fn a_loser_does_not_take_its_neighbour_with_it() {
    let decoded = Candidate { layer: Layer::Base64, ..found(Kind::Card, 0, 30) };
    let inner = found(Kind::Email, 0, 10);
    let other = found(Kind::Phone, 20, 30);
    assert_eq!(resolve(vec![decoded, other.clone(), inner.clone()]), [inner, other]);
}

#[test]
fn neighbours_both_stand() {
    let left = found(Kind::Phone, 0, 10);
    let right = found(Kind::Card, 10, 20);
    assert_eq!(resolve(vec![right.clone(), left.clone()]), [left, right]);
}
