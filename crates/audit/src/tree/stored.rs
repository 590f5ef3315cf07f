//! Where a subtree's hash stands in the file `tree`.
//!
//! The file holds, for leaf after leaf, the leaf's hash and then the hash of every subtree that the
//! leaf completes, smallest first. It only grows, and any proof takes a few reads.

/// How many hashes the file holds for `leaves` leaves: a binary tree's nodes, less the ones that are
/// not complete yet.
pub(crate) const fn stored_count(leaves: u64) -> u64 {
    2 * leaves - leaves.count_ones() as u64
}

/// The position of the subtree `index` of height `level`: it is written with the leaf that
/// completes it, after that leaf's smaller subtrees.
pub(crate) const fn position_of(level: u32, index: u64) -> u64 {
    let last_leaf = ((index + 1) << level) - 1;
    stored_count(last_leaf) + level as u64
}
