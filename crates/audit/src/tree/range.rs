//! The right edge of a growing tree: all that is needed to append and to know the root.

use super::{Hash, empty_root, node_hash};

/// The roots of the complete subtrees that make up a tree, largest first: at most 64 hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CompactRange {
    size: u64,
    edge: Vec<Hash>,
}

impl CompactRange {
    /// The range over `size` leaves whose subtrees `node(level, index)` knows.
    pub(crate) fn from_nodes<E>(
        size: u64,
        mut node: impl FnMut(u32, u64) -> Result<Hash, E>,
    ) -> Result<Self, E> {
        let mut edge = Vec::new();
        for level in (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1) {
            // The subtree's index at its level: the bits above it, with its own bit cleared.
            edge.push(node(level, (size >> level) - 1)?);
        }
        Ok(Self { size, edge })
    }

    /// How many leaves there are.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf and gives every subtree that it completes to `stored`, smallest first.
    pub(crate) fn push(&mut self, leaf: Hash, mut stored: impl FnMut(Hash)) {
        stored(leaf);
        let mut whole = leaf;
        let mut size = self.size;
        while size & 1 == 1 {
            let Some(left) = self.edge.pop() else { break };
            whole = node_hash(&left, &whole);
            stored(whole);
            size >>= 1;
        }
        self.edge.push(whole);
        self.size += 1;
    }

    /// The root of the tree. RFC 6962 §2.1.
    pub(crate) fn root(&self) -> Hash {
        let mut subtrees = self.edge.iter().rev();
        let Some(smallest) = subtrees.next() else { return empty_root() };
        subtrees.fold(*smallest, |right, left| node_hash(left, &right))
    }
}
