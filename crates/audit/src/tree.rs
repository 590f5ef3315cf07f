//! The Merkle tree of RFC 6962 over the records.
//!
//! A leaf is a record's bytes as they stand in the segment. This module and its children know
//! hashes and positions; they do not know records or files.

mod proof;
mod range;
mod stored;
#[cfg(test)]
mod tests;

pub(crate) use proof::{consistency_path, inclusion_path, root_at};
pub use proof::{verify_consistency, verify_inclusion};
pub(crate) use range::CompactRange;
pub(crate) use stored::{position_of, stored_count};

use aws_lc_rs::digest::{Context, SHA256};

/// A hash of the tree.
pub type Hash = [u8; 32];

/// Bytes of a hash.
pub(crate) const HASH_BYTES: usize = 32;

fn hash(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0u8; HASH_BYTES];
    // SHA-256 has 32 bytes; zip needs no proof of it.
    for (to, from) in out.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    out
}

/// The hash of a record: SHA-256 of a zero byte and the record. RFC 6962 §2.1.
pub fn leaf_hash(record: &[u8]) -> Hash {
    hash(&[&[0], record])
}

/// The hash of two subtrees. RFC 6962 §2.1.
pub(crate) fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1u8; 1 + 2 * HASH_BYTES];
    for (to, from) in bytes.iter_mut().skip(1).zip(left.iter().chain(right)) {
        *to = *from;
    }
    hash(&[&bytes])
}

/// The root of a tree without leaves.
pub(crate) fn empty_root() -> Hash {
    hash(&[])
}
