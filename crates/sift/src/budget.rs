//! What the reading of one text may cost.
//!
//! Owns the count of steps. A step is one byte that somebody looked at, or a fixed piece of work of
//! that size; whoever reads ahead of a keyword counts what it read. The count is the same on every
//! machine, so a test can hold it to a straight line. An empty budget is an error, never a shorter
//! answer.

use std::cell::Cell;

use crate::limits::{DECODED_BYTES_FLOOR, DECODED_BYTES_PER_BYTE, STEPS_FLOOR, STEPS_PER_BYTE, ScanError};

/// Steps and decoded bytes that may still be spent on one text, over all its passes and depths.
pub(crate) struct Budget {
    steps: Cell<usize>,
    decoded: Cell<usize>,
}

impl Budget {
    /// The share of a text of `bytes` bytes.
    pub(crate) const fn for_bytes(bytes: usize) -> Self {
        Self {
            steps: Cell::new(bytes.saturating_mul(STEPS_PER_BYTE).saturating_add(STEPS_FLOOR)),
            decoded: Cell::new(bytes.saturating_mul(DECODED_BYTES_PER_BYTE) + DECODED_BYTES_FLOOR),
        }
    }

    /// Counts `steps`. What goes over the budget is told by the next [`Budget::check`].
    pub(crate) fn count(&self, steps: usize) {
        self.steps.set(self.steps.get().saturating_sub(steps));
    }

    /// Whether there are steps left.
    pub(crate) fn check(&self) -> Result<(), ScanError> {
        if self.steps.get() == 0 { Err(ScanError::TooMuchWork) } else { Ok(()) }
    }

    /// Pays for `bytes` that come out of an encoding and will be read.
    pub(crate) fn decode(&self, bytes: usize) -> Result<(), ScanError> {
        self.count(bytes);
        let left = self.decoded.get().checked_sub(bytes).ok_or(ScanError::TooMuchEncoding)?;
        self.decoded.set(left);
        Ok(())
    }

    /// Steps that are left.
    #[cfg(test)]
    pub(crate) const fn left(&self) -> usize {
        self.steps.get()
    }
}

#[cfg(test)]
mod tests;
