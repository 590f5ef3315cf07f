//! Values that must not be printed.

use std::fmt;

/// A value that no formatter, log line or serialiser can show.
///
/// Reading it takes the word `expose`, which is easy to search for.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a secret.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The secret itself. The caller must not log, print or send it.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The secret itself, out of its wrapper.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}
