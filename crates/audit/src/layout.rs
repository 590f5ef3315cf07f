//! The names of the log's files.

use std::path::{Path, PathBuf};

/// Digits of a segment's name: any 64-bit index.
const NAME_DIGITS: usize = 20;

/// The directory of one log.
#[derive(Clone, Debug)]
pub(crate) struct Layout(PathBuf);

impl Layout {
    pub(crate) fn new(directory: impl Into<PathBuf>) -> Self {
        Self(directory.into())
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.0
    }

    fn of_segment(&self, first: u64, extension: &str) -> PathBuf {
        self.0.join(format!("{first:0NAME_DIGITS$}.{extension}"))
    }

    /// The records from `first` on.
    pub(crate) fn segment(&self, first: u64) -> PathBuf {
        self.of_segment(first, "seg")
    }

    /// Where the records of a finished segment stand; derived.
    pub(crate) fn index(&self, first: u64) -> PathBuf {
        self.of_segment(first, "idx")
    }

    /// The signed checkpoints made while the segment was written.
    pub(crate) fn notes(&self, first: u64) -> PathBuf {
        self.of_segment(first, "notes")
    }

    /// What the records of a finished segment can be found by; derived.
    pub(crate) fn search(&self, first: u64) -> PathBuf {
        self.of_segment(first, "rows")
    }

    /// The tree's complete subtrees; derived.
    pub(crate) fn tree(&self) -> PathBuf {
        self.0.join("tree")
    }

    /// The tree over the records whose segments were dropped; none if none was.
    pub(crate) fn base(&self) -> PathBuf {
        self.0.join("base")
    }

    /// The latest signed checkpoint.
    pub(crate) fn checkpoint(&self) -> PathBuf {
        self.0.join("checkpoint")
    }

    /// The key that verifies checkpoints.
    pub(crate) fn public_key(&self) -> PathBuf {
        self.0.join("checkpoint.pub")
    }

    /// Which key followed which; none if the key never changed.
    pub(crate) fn rotations(&self) -> PathBuf {
        self.0.join("checkpoint.keys")
    }

    /// The subjects' keys and pseudonyms.
    pub(crate) fn subjects(&self) -> PathBuf {
        self.0.join("subjects")
    }

    /// Where a follower stands.
    pub(crate) fn cursor(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.cursor"))
    }

    /// Space to give up when the disk is full.
    pub(crate) fn reserve(&self) -> PathBuf {
        self.0.join("reserve")
    }

    /// Held by the process that writes.
    pub(crate) fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    /// First indices of the segments among the names, sorted.
    pub(crate) fn segments(names: &[String]) -> Vec<u64> {
        let mut firsts: Vec<u64> = names
            .iter()
            .filter_map(|name| name.strip_suffix(".seg"))
            .filter(|name| name.len() == NAME_DIGITS)
            .filter_map(|name| name.parse().ok())
            .collect();
        firsts.sort_unstable();
        firsts
    }
}
