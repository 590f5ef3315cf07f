//! Searching the log: by person, tool, decision, control, event and time, newest first.
//!
//! Each finished segment has a file of rows beside it, made off the path of calls. A row holds names
//! and pseudonyms, never a personal text: a person is found by the pseudonym that the subjects file
//! knows for their name. The rows are derived: a missing file is made anew, and what a row says is
//! compared with its record before it is shown.

mod facets;
mod rows;
mod table;

pub(crate) use rows::{ActiveRows, SegmentRows};
use table::Wanted;

use crate::limits::MAX_SEARCH_RECORDS;
use crate::log::Shared;
use crate::opened::{ReadRecord, open_record};
use crate::read::Reader;
use crate::{AuditError, Event};
use domain::{Control, Decision, PersonId, TenantId, UnixMillis, Verdict};
use std::sync::PoisonError;

/// Which records. What is `None` does not matter; the rest must all be so.
#[derive(Clone, Debug, Default)]
pub struct SearchQuery {
    /// The tenant whose person is meant; `None` for every tenant that has one of that name.
    pub tenant: Option<TenantId>,
    /// The person who acted, or to whom something was done.
    pub person: Option<PersonId>,
    /// The tool or the method.
    pub tool: Option<String>,
    /// The decision word.
    pub decision: Option<Decision>,
    /// A control that spoke, and what it said.
    pub control: Option<(Control, Option<Verdict>)>,
    /// The kind of record.
    pub event: Option<Event>,
    /// Not before this moment.
    pub since: Option<UnixMillis>,
    /// Before this moment.
    pub until: Option<UnixMillis>,
    /// Records with a smaller index only: [`SearchPage::next`] of the page before.
    pub before: Option<u64>,
    /// How many, at most [`MAX_SEARCH_RECORDS`].
    pub limit: usize,
}

/// One page of what was found.
#[derive(Clone, Debug)]
pub struct SearchPage {
    /// The records, newest first.
    pub records: Vec<ReadRecord>,
    /// What [`SearchQuery::before`] has to be for the next page; `None` on the last one.
    pub next: Option<u64>,
}

/// One page, newest first. The log may grow meanwhile: what is on the pages stays the same.
pub(crate) fn search(
    reader: &Reader,
    shared: &Shared,
    query: &SearchQuery,
) -> Result<SearchPage, AuditError> {
    let limit = query.limit.clamp(1, MAX_SEARCH_RECORDS);
    let before = query.before.unwrap_or(u64::MAX);
    let mut page = SearchPage { records: Vec::new(), next: None };
    let Some(wanted) = Wanted::of(query, &shared.subjects) else { return Ok(page) };
    for first in reader.segments().into_iter().rev().filter(|first| *first < before) {
        let rows = rows_of(reader, shared, first)?;
        let found = rows.matching(&wanted).filter(|(number, _)| first + u64::from(*number) < before);
        for (number, offset) in found {
            let index = first + u64::from(number);
            if page.records.len() == limit {
                page.next = page.records.last().map(|record| record.index);
                return Ok(page);
            }
            let record = reader.record_at(first, index, offset)?;
            // The rows are derived: the record itself has the last word.
            if facets::Facets::of(&record).is_some_and(|facets| wanted.fits(&facets)) {
                page.records.extend(open_record(&record, &shared.subjects));
            }
        }
    }
    Ok(page)
}

/// The rows of a segment: of its file, or made from the segment.
fn rows_of(reader: &Reader, shared: &Shared, first: u64) -> Result<SegmentRows, AuditError> {
    if reader.is_active(first) {
        let mut active = shared.active_rows.lock().unwrap_or_else(PoisonError::into_inner);
        return Ok(active.caught_up(first, &reader.segment(first)?).clone());
    }
    let stored = reader.derived(&shared.layout.search(first));
    match stored.and_then(|bytes| SegmentRows::from_bytes(&bytes, first)) {
        Some(rows) => Ok(rows),
        None => Ok(SegmentRows::of(&reader.segment(first)?, first)),
    }
}
