//! What lies inside encoded runs and escapes: opens them and scans again.
//!
//! Owns how deep is opened and which reading counts. Every opened byte is paid from the text's budget.

use crate::budget::Budget;
use crate::decode;
use crate::escape;
use crate::finding::{Confidence, Layer};
use crate::fold::fold;
use crate::hidden;
use crate::kind::Kind;
use crate::limits::{MAX_DECODE_DEPTH, ScanError};
use crate::page::{Candidate, Key, Page};
use crate::readable;
use crate::scanner::Scanner;

/// Shortest address believed inside binary data, where short ones come up by chance.
const MIN_EMAIL_IN_BINARY: usize = 9;

/// How deep the text lies, and what may still be spent on it.
#[derive(Clone, Copy)]
pub(crate) struct Depth<'b> {
    level: u8,
    pub(crate) budget: &'b Budget,
}

impl<'b> Depth<'b> {
    pub(crate) const fn surface(budget: &'b Budget) -> Self {
        Self { level: 0, budget }
    }

    const fn below(self) -> Self {
        Self { level: self.level + 1, budget: self.budget }
    }
}

impl Scanner {
    /// Opens what is encoded in the page. With `again` set, only what a blank has changed
    /// since the last pass.
    pub(crate) fn open_layers(
        &self,
        page: &Page<'_>,
        again: bool,
        depth: Depth<'_>,
        out: &mut Vec<Candidate>,
    ) -> Result<(), ScanError> {
        if depth.level >= MAX_DECODE_DEPTH {
            return Ok(());
        }
        self.open_runs(page, again, depth, out)?;
        self.open_escapes(page, again, depth, out)
    }

    fn open_runs(
        &self,
        page: &Page<'_>,
        again: bool,
        depth: Depth<'_>,
        out: &mut Vec<Candidate>,
    ) -> Result<(), ScanError> {
        for run in decode::runs(*page, again) {
            // The end of the last stretch whose text has no gap.
            let mut settled = 0;
            for reading in decode::readings(page.slice(run.start..run.end)) {
                if reading.layer == Layer::Hex && reading.span.end == settled {
                    continue;
                }
                depth.budget.decode(reading.bytes.len())?;
                if !readable::has_text(&reading.bytes) {
                    continue;
                }
                let text = readable::readable(&reading.bytes);
                let found = match self.best_inside(&text.text, text.clean, page.key, depth)? {
                    None => match readable::narrowed(&reading.bytes) {
                        Some(wide) => self.best_inside(&wide.text, true, page.key, depth)?,
                        None => None,
                    },
                    found => found,
                };
                if let Some(found) = found {
                    // It stands for the whole run, so there is nothing left to read.
                    out.push(Candidate { start: run.start, end: run.end, layer: reading.layer, ..found });
                    break;
                }
                // Text from the first to the last byte is the right reading of what it covers.
                if text.clean && reading.span.len() == run.end - run.start {
                    break;
                }
                if text.clean {
                    settled = reading.span.end;
                }
            }
        }
        Ok(())
    }

    /// The finding that stands for a whole decoded run.
    fn best_inside(
        &self,
        text: &str,
        clean: bool,
        key: Key<'_>,
        depth: Depth<'_>,
    ) -> Result<Option<Candidate>, ScanError> {
        let inner = self.scan_inner(text, key, depth.below())?;
        let believed = inner.into_iter().filter(|found| clean || is_believed_in_binary(found));
        Ok(believed.min_by_key(|found| found.kind))
    }

    fn open_escapes(
        &self,
        page: &Page<'_>,
        again: bool,
        depth: Depth<'_>,
        out: &mut Vec<Candidate>,
    ) -> Result<(), ScanError> {
        for region in escape::regions(page, again) {
            let view = region.unescaped(page);
            depth.budget.decode(view.text.len())?;
            let inner = self.scan_inner(&view.text, page.key, depth.below())?;
            for found in inner {
                // What has no escape in it is found without opening anything.
                if view.rewritten(found.start..found.end) {
                    let span = view.original(found.start..found.end);
                    let layer = match found.layer {
                        Layer::Plain => Layer::Escaped,
                        deeper => deeper,
                    };
                    out.push(Candidate { start: span.start, end: span.end, layer, ..found });
                }
            }
        }
        Ok(())
    }

    /// Scans a decoded text; hidden characters in it are folded away but not reported,
    /// since nobody is shown them.
    fn scan_inner(&self, text: &str, key: Key<'_>, depth: Depth<'_>) -> Result<Vec<Candidate>, ScanError> {
        let view = fold(text, &hidden::find(text, depth.budget)?);
        let mut found = self.settle(&view.text, key, depth)?;
        for candidate in &mut found {
            let span = view.original(candidate.start..candidate.end);
            candidate.start = span.start;
            candidate.end = span.end;
        }
        Ok(found)
    }
}

fn is_believed_in_binary(found: &Candidate) -> bool {
    let long = found.kind != Kind::Email || found.end - found.start >= MIN_EMAIL_IN_BINARY;
    long && found.confidence == Confidence::High
}
