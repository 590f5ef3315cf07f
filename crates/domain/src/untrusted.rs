//! Values from outside that nobody has examined yet.

use std::fmt;

/// The check that lets an [`Untrusted`] value go: a name for the reader and for a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Examined {
    /// Layer 5 read every string of it.
    ByOutputScan,
    /// The relay reads a number or signature lines of a witness's answer, and nothing else.
    ByWitness,
    /// Layer 1 takes public keys of known kinds from it, and nothing else.
    ByKeySet,
}

/// A foreign value. It can be moved and dropped, and opened only by naming the check that did its work.
pub struct Untrusted<T>(T);

impl<T> Untrusted<T> {
    /// Marks a value as foreign.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Opens the value for the named check, which owns what happens next.
    pub fn open(self, _examined: Examined) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Untrusted<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Untrusted(…)")
    }
}
