//! The right edge of a growing tree: all that is needed to append and to know the root.

use super::{Hash, empty_root, node_hash};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

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

    /// As text: the number of leaves, then each subtree's root in base64, a line each.
    pub(crate) fn to_text(&self) -> String {
        let roots = self.edge.iter().map(|root| STANDARD.encode(root));
        std::iter::once(self.size.to_string()).chain(roots).map(|line| line + "\n").collect()
    }

    /// What [`CompactRange::to_text`] gave; `None` for anything else.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let size: u64 = lines.next()?.parse().ok()?;
        let edge: Vec<Hash> =
            lines.map(|line| STANDARD.decode(line).ok()?.try_into().ok()).collect::<Option<_>>()?;
        let range = Self { size, edge };
        (range.edge.len() == size.count_ones() as usize && range.to_text() == text).then_some(range)
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
