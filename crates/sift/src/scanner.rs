//! The scanner: builds the tables once and runs the steps in order.
//!
//! Owns the order of the steps and the passes. Immutable and shared between threads. It
//! must not know what any recogniser looks for.

use crate::budget::Budget;
use crate::config::ScannerConfig;
use crate::finding::{Confidence, Finding, Layer};
use crate::fold::fold;
use crate::gate::Gate;
use crate::hidden::{self, Hidden};
use crate::keywords::{KeywordError, Place};
use crate::kind::Class;
use crate::layers::Depth;
use crate::limits::{MAX_FINDINGS, MAX_PASSES, MAX_TEXT_BYTES, ScanError};
use crate::numbers;
use crate::overlap;
use crate::page::{BLANK, Candidate, Key, Page};
use crate::readable;
use crate::{iban, ip};
use std::cell::Cell;

/// Finds secrets, personal data and hidden text.
pub struct Scanner {
    config: ScannerConfig,
    /// `None` where hidden text is all that is looked for: it needs no keyword.
    gate: Option<Gate>,
}

/// What a scan found, and whether it depends on what the caller knew of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sifted {
    /// In order of start, as of [`Scanner::scan`].
    pub findings: Vec<Finding>,
    /// No recogniser asked for the context: the findings are the same in every other.
    pub in_any_context: bool,
}

/// Why a scanner could not be built. Only a mistake in the built-in tables leads here.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A keyword cannot be looked for.
    #[error("the table of keywords cannot be used")]
    Keywords(#[from] KeywordError),
}

/// What the caller knows about a text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    key: Option<&'a str>,
}

impl<'a> Context<'a> {
    /// Nothing is known.
    pub const fn none() -> Self {
        Self { key: None }
    }

    /// The text is the value of a column, a JSON key or a form field of this name.
    pub const fn key(name: &'a str) -> Self {
        Self { key: Some(name) }
    }
}

impl Scanner {
    /// Builds the tables, so once per configuration.
    pub fn new(config: ScannerConfig) -> Result<Self, BuildError> {
        let gate = if config.kinds.is_hidden_text_alone() { None } else { Some(Gate::new()?) };
        Ok(Self { config, gate })
    }

    /// Everything found in `text`, in order of start.
    ///
    /// Findings of hidden text may lie inside other findings; no others overlap. Refuses
    /// with [`ScanError`] what was not looked at in full.
    pub fn scan(&self, text: &str, context: Context<'_>) -> Result<Vec<Finding>, ScanError> {
        self.sift(text, context).map(|sifted| sifted.findings)
    }

    /// As [`Scanner::scan`], for a caller who meets the same text in several contexts.
    pub fn sift(&self, text: &str, context: Context<'_>) -> Result<Sifted, ScanError> {
        self.sift_within(text, context, &Budget::for_bytes(text.len()))
    }

    /// As [`Scanner::sift`], paid from a budget that several texts may share.
    pub(crate) fn sift_within(
        &self,
        text: &str,
        context: Context<'_>,
        budget: &Budget,
    ) -> Result<Sifted, ScanError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(ScanError::TooLarge { bytes: text.len() });
        }
        let hidden = hidden::find(text, budget)?;
        let asked = Cell::new(false);
        let key = Key::noting(context.key, &asked);
        let mut findings = self.in_sight(text, &hidden, key, Depth::surface(budget))?;
        findings.extend(hidden.into_iter().filter(|stretch| self.config.kinds.contains(stretch.kind)).map(
            |stretch| Finding {
                kind: stretch.kind,
                span: stretch.span,
                confidence: Confidence::High,
                layer: Layer::Plain,
            },
        ));
        if findings.len() > MAX_FINDINGS {
            return Err(ScanError::TooManyFindings);
        }
        findings.sort_by_key(|finding| (finding.span.start, finding.span.end));
        Ok(Sifted { findings, in_any_context: !asked.get() })
    }

    /// Everything but the hidden text itself.
    fn in_sight(
        &self,
        text: &str,
        hidden: &[Hidden],
        key: Key<'_>,
        depth: Depth<'_>,
    ) -> Result<Vec<Finding>, ScanError> {
        if self.gate.is_none() {
            return Ok(Vec::new());
        }
        let view = fold(text, hidden);
        let found = self.settle(&view.text, key, depth)?;
        let finding = |candidate: Candidate| Finding {
            kind: candidate.kind,
            span: view.original(candidate.start..candidate.end),
            confidence: candidate.confidence,
            layer: candidate.layer,
        };
        Ok(found.into_iter().map(finding).collect())
    }

    /// What is found in `bytes` that need not be text: an image, an archive, a document.
    ///
    /// Spans are bytes of `bytes`. Hidden text means nothing there and is not looked for.
    /// Refuses with [`ScanError`] what was not looked at in full.
    pub fn scan_blob(&self, bytes: &[u8]) -> Result<Vec<Finding>, ScanError> {
        if bytes.len() > MAX_TEXT_BYTES {
            return Err(ScanError::TooLarge { bytes: bytes.len() });
        }
        let plain = readable::readable(bytes).text;
        let mut findings = self.scan(&plain, Context::none())?;
        if let Some(narrowed) = readable::narrowed(bytes) {
            let wide = self.scan(&narrowed.text, Context::none())?;
            findings.extend(
                wide.into_iter()
                    .map(|finding| Finding { span: narrowed.original(finding.span.clone()), ..finding }),
            );
        }
        findings.retain(|finding| finding.class() != Class::HiddenText);
        findings.sort_by_key(|finding| (finding.span.start, finding.span.end));
        findings.dedup();
        Ok(findings)
    }

    /// Reads a folded text until taking out its findings brings up no new ones.
    pub(crate) fn settle(
        &self,
        text: &str,
        key: Key<'_>,
        depth: Depth<'_>,
    ) -> Result<Vec<Candidate>, ScanError> {
        let Some(gate) = &self.gate else { return Ok(Vec::new()) };
        let hits = gate.hits(text);
        depth.budget.count(text.len() + hits.len());
        let mut standing = self.pass(&Page::new(text, key, depth.budget), &hits, false, depth)?;
        if standing.is_empty() {
            return Ok(standing);
        }
        let mut rest = blank(text, &standing);
        for _ in 1..MAX_PASSES {
            let more = self.pass(&Page::new(&rest, key, depth.budget), &hits, true, depth)?;
            if more.is_empty() {
                return Ok(standing);
            }
            rest = blank(&rest, &more);
            standing.extend(more);
            if standing.len() > MAX_FINDINGS {
                return Err(ScanError::TooManyFindings);
            }
        }
        Err(ScanError::Unsettled)
    }

    /// One reading of a page by every recogniser. With `again` set, only those encoded runs
    /// are opened that have changed since the last one.
    fn pass(
        &self,
        page: &Page<'_>,
        hits: &[Place],
        again: bool,
        depth: Depth<'_>,
    ) -> Result<Vec<Candidate>, ScanError> {
        let mut candidates = Vec::new();
        if let Some(gate) = &self.gate {
            gate.recognise(page, hits, &mut candidates)?;
        }
        walk_numbers(page, &mut candidates)?;
        self.open_layers(page, again, depth, &mut candidates)?;
        page.budget.count(page.text.len() + candidates.len());
        page.budget.check()?;
        candidates.retain(|candidate| {
            self.config.kinds.contains(candidate.kind)
                && candidate.confidence >= self.config.minimum_confidence
        });
        Ok(overlap::resolve(candidates))
    }
}

/// Takes every digit and every colon to the recognisers that start there.
fn walk_numbers(page: &Page<'_>, out: &mut Vec<Candidate>) -> Result<(), ScanError> {
    let mut groups = Vec::new();
    let mut at = 0;
    let mut colons_done = 0;
    while let Some(here) = page.find(at, |byte| matches!(byte, b'0'..=b':')) {
        page.budget.check()?;
        at = here;
        if page.byte(at) == b':' {
            if at >= colons_done {
                let (end, address) = ip::v6_at_colon(page, at);
                colons_done = end;
                out.extend(address);
            }
            at += 1;
            continue;
        }
        at = numbers::collect(page, at, &mut groups);
        for group in &groups {
            out.extend(iban::at_digit(page, group.start));
        }
        numbers::recognise(page, &groups, out);
    }
    Ok(())
}

/// `text` with the spans of `found` (in order, apart) overwritten, nothing moved.
fn blank(text: &str, found: &[Candidate]) -> String {
    let mut blanked = String::with_capacity(text.len());
    let mut at = 0;
    for candidate in found {
        blanked.push_str(text.get(at..candidate.start).unwrap_or(""));
        blanked.extend(std::iter::repeat_n(char::from(BLANK), candidate.end - candidate.start));
        at = candidate.end;
    }
    blanked.push_str(text.get(at..).unwrap_or(""));
    blanked
}
