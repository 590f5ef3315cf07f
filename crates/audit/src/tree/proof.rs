//! Inclusion and consistency proofs: made from stored subtrees, checked without them.
//!
//! Made by the recursion of RFC 6962 §2.1.1-2; checked by the walk over bits of RFC 9162 §2.1.3-4.

use super::{CompactRange, Hash, node_hash};

/// Where the complete subtrees come from: `node(level, index)`.
pub(crate) trait Nodes<E>: FnMut(u32, u64) -> Result<Hash, E> {}
impl<E, F: FnMut(u32, u64) -> Result<Hash, E>> Nodes<E> for F {}

/// The largest power of two below `size`, for `size` ≥ 2.
const fn split(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// The root of the `size` leaves from `start`, which is a multiple of the largest complete subtree.
fn subtree<E>(start: u64, size: u64, node: &mut impl Nodes<E>) -> Result<Hash, E> {
    if size.is_power_of_two() {
        let level = size.trailing_zeros();
        return node(level, start >> level);
    }
    let left = split(size);
    let left_root = subtree(start, left, node)?;
    Ok(node_hash(&left_root, &subtree(start + left, size - left, node)?))
}

/// The root of the first `size` leaves.
pub(crate) fn root_at<E>(size: u64, node: impl Nodes<E>) -> Result<Hash, E> {
    Ok(CompactRange::from_nodes(size, node)?.root())
}

/// The path from leaf `index` to the root of the first `size` leaves, `index` < `size`.
pub(crate) fn inclusion_path<E>(index: u64, size: u64, mut node: impl Nodes<E>) -> Result<Vec<Hash>, E> {
    let (mut start, mut rest) = (0u64, size);
    let mut path = Vec::new();
    while rest > 1 {
        let left = split(rest);
        if index - start < left {
            path.push(subtree(start + left, rest - left, &mut node)?);
            rest = left;
        } else {
            path.push(subtree(start, left, &mut node)?);
            start += left;
            rest -= left;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the first `new` leaves begin with the first `old`, 0 < `old` ≤ `new`.
pub(crate) fn consistency_path<E>(old: u64, new: u64, mut node: impl Nodes<E>) -> Result<Vec<Hash>, E> {
    let (mut start, mut rest, mut wanted) = (0u64, new, old);
    let mut path = Vec::new();
    while wanted < rest {
        let left = split(rest);
        if wanted <= left {
            path.push(subtree(start + left, rest - left, &mut node)?);
            rest = left;
        } else {
            path.push(subtree(start, left, &mut node)?);
            start += left;
            rest -= left;
            wanted -= left;
        }
    }
    // The old tree's own root is known to whoever asks, unless the old tree ends inside this subtree.
    if start != 0 {
        path.push(subtree(start, rest, &mut node)?);
    }
    path.reverse();
    Ok(path)
}

/// True if `path` leads from `leaf` at `index` to `root` over `size` leaves.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// True if `path` shows that the tree of `new` leaves with `new_root` begins with the one of `old`
/// leaves with `old_root`.
pub fn verify_consistency(old: u64, old_root: &Hash, new: u64, new_root: &Hash, path: &[Hash]) -> bool {
    if old > new {
        return false;
    }
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    if old == 0 {
        return path.is_empty();
    }
    let mut path = path.iter();
    let first = if old.is_power_of_two() { Some(old_root) } else { path.next() };
    let Some(first) = first else { return false };
    let shift = (old - 1).trailing_ones();
    let (mut at, mut last) = ((old - 1) >> shift, (new - 1) >> shift);
    let (mut from_old, mut from_new) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            from_old = node_hash(sibling, &from_old);
            from_new = node_hash(sibling, &from_new);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node_hash(&from_new, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && from_old == *old_root && from_new == *new_root
}
