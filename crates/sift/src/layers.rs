//! What lies inside encoded runs and escapes: opens them and scans again.
//!
//! Owns how deep and how much is opened. Every opened byte is paid from one budget per
//! text; an empty budget is an error, never a shorter answer.

use crate::decode;
use crate::escape;
use crate::finding::{Confidence, Layer};
use crate::fold::fold;
use crate::hidden;
use crate::kind::Kind;
use crate::limits::{DECODED_BYTES_FLOOR, DECODED_BYTES_PER_BYTE, MAX_DECODE_DEPTH, ScanError};
use crate::page::{Candidate, Key, Page};
use crate::readable;
use crate::scanner::Scanner;

/// Shortest address believed inside binary data, where short ones come up by chance.
const MIN_EMAIL_IN_BINARY: usize = 9;

/// How deep the text lies, and what may still be opened.
pub(crate) struct Depth<'b> {
    level: u8,
    budget: &'b mut Budget,
}

/// Decoded bytes that may still be read for one text.
pub(crate) struct Budget(usize);

impl Budget {
    pub(crate) fn for_text(text: &str) -> Self {
        Self(text.len().saturating_mul(DECODED_BYTES_PER_BYTE) + DECODED_BYTES_FLOOR)
    }

    fn pay(&mut self, bytes: usize) -> Result<(), ScanError> {
        self.0 = self.0.checked_sub(bytes).ok_or(ScanError::TooMuchEncoding)?;
        Ok(())
    }
}

impl<'b> Depth<'b> {
    pub(crate) fn surface(budget: &'b mut Budget) -> Self {
        Self { level: 0, budget }
    }

    fn below(&mut self) -> Depth<'_> {
        Depth { level: self.level + 1, budget: self.budget }
    }
}

impl Scanner {
    /// Opens what is encoded in the page. With `again` set, only what a blank has changed
    /// since the last pass.
    pub(crate) fn open_layers(
        &self,
        page: &Page<'_>,
        again: bool,
        depth: &mut Depth<'_>,
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
        depth: &mut Depth<'_>,
        out: &mut Vec<Candidate>,
    ) -> Result<(), ScanError> {
        for run in decode::runs(*page, again) {
            for reading in decode::readings(page.slice(run.start..run.end)) {
                depth.budget.pay(reading.bytes.len())?;
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
                // Text from the first to the last byte is the right reading.
                let settled = found.is_some() || text.clean;
                out.extend(found.map(|found| Candidate {
                    start: run.start,
                    end: run.end,
                    layer: reading.layer,
                    ..found
                }));
                if settled {
                    break;
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
        depth: &mut Depth<'_>,
    ) -> Result<Option<Candidate>, ScanError> {
        let inner = self.scan_inner(text, key, &mut depth.below())?;
        let believed = inner.into_iter().filter(|found| clean || is_believed_in_binary(found));
        Ok(believed.min_by_key(|found| found.kind))
    }

    fn open_escapes(
        &self,
        page: &Page<'_>,
        again: bool,
        depth: &mut Depth<'_>,
        out: &mut Vec<Candidate>,
    ) -> Result<(), ScanError> {
        for region in escape::regions(page, again) {
            let view = region.unescaped(page);
            depth.budget.pay(view.text.len())?;
            let inner = self.scan_inner(&view.text, page.key, &mut depth.below())?;
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
    fn scan_inner(
        &self,
        text: &str,
        key: Key<'_>,
        depth: &mut Depth<'_>,
    ) -> Result<Vec<Candidate>, ScanError> {
        let view = fold(text, &hidden::find(text));
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
