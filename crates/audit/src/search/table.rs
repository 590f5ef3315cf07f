//! What is looked for: the question in the words of the records.

use super::SearchQuery;
use super::facets::Facets;
use crate::Event;
use crate::record::verdict_word;
use crate::subjects::{KeyId, Subjects};
use domain::{Decision, UnixMillis};

/// A question that can have answers.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    /// The pseudonyms of the person, if one is asked for.
    pub(super) people: Option<Vec<KeyId>>,
    pub(super) tool: Option<&'a str>,
    pub(super) decision: Option<&'static str>,
    /// A control's name, and its verdict's word.
    control: Option<(&'static str, Option<&'static str>)>,
    pub(super) event: Option<Event>,
    since: UnixMillis,
    until: UnixMillis,
}

impl<'a> Wanted<'a> {
    /// `None` if nobody of that name is known: then no record can be theirs.
    pub(super) fn of(query: &'a SearchQuery, subjects: &Subjects) -> Option<Self> {
        let people = query.person.as_ref().map(|person| subjects.pseudonyms(query.tenant.as_ref(), person));
        if people.as_ref().is_some_and(Vec::is_empty) {
            return None;
        }
        Some(Self {
            people,
            tool: query.tool.as_deref(),
            decision: query.decision.map(Decision::word),
            control: query.control.map(|(name, verdict)| (name.name(), verdict.map(verdict_word))),
            event: query.event,
            since: query.since.unwrap_or(UnixMillis(0)),
            until: query.until.unwrap_or(UnixMillis(u64::MAX)),
        })
    }

    pub(super) const fn wants_control(&self) -> bool {
        self.control.is_some()
    }

    /// True if one of the controls, each `name=verdict`, is the one.
    pub(super) fn fits_controls(&self, controls: &str) -> bool {
        self.control.is_none_or(|(name, verdict)| {
            controls
                .split(',')
                .filter_map(|one| one.split_once('='))
                .any(|one| one.0 == name && verdict.is_none_or(|verdict| one.1 == verdict))
        })
    }

    pub(super) fn fits_time(&self, time: UnixMillis) -> bool {
        self.since.0 <= time.0 && time.0 < self.until.0
    }

    pub(super) fn fits(&self, facets: &Facets<'_>) -> bool {
        let is_one = |key: &KeyId| self.people.as_ref().is_none_or(|people| people.contains(key));
        let person = self.people.is_none() || facets.person.iter().chain(&facets.user).any(is_one);
        person
            && self.tool.is_none_or(|tool| facets.tool.as_deref() == Some(tool))
            && self.decision.is_none_or(|decision| facets.decision.as_deref() == Some(decision))
            && self.event.is_none_or(|event| facets.event == event)
            && self.fits_time(facets.time)
            && self.fits_controls(&facets.controls)
    }
}
