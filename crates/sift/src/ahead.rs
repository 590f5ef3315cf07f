//! Where a mark stands next, for a reader that asks from ever later places.
//!
//! A text with a keyword every few bytes and no mark behind them is then searched once, and not once
//! for each keyword.

use crate::page::Page;

/// The answer to the last question.
pub(crate) struct Ahead {
    mark: &'static str,
    asked_from: usize,
    /// The end of the text if there is none.
    found: usize,
}

impl Ahead {
    pub(crate) const fn new(mark: &'static str) -> Self {
        Self { mark, asked_from: 1, found: 0 }
    }

    /// The first place of the mark from `from` on.
    pub(crate) fn of(&mut self, page: &Page<'_>, from: usize) -> Option<usize> {
        if !(self.asked_from..=self.found).contains(&from) {
            let rest = page.text.get(from..)?;
            self.found = from + rest.find(self.mark).unwrap_or(rest.len());
            page.budget.count(self.found - from);
            self.asked_from = from;
        }
        (self.found < page.text.len()).then_some(self.found)
    }
}
