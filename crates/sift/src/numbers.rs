//! Runs of digit groups, and the order in which number recognisers read them.
//!
//! `4111 1111 1111 1111`, `123-45-6789` and `(030) 1234 56` are all groups of digits with
//! short separators. Every run is taken apart once; a recogniser sees the groups and what
//! lies between them, so "not part of a longer number" is one look at the neighbours.

use crate::finding::Confidence;
use crate::page::{Candidate, Page};
use crate::{cards, ip, phone, ssn};

/// Bytes between two groups of one number: `") "` and `" - "` are the longest in use.
const MAX_SEPARATOR_BYTES: usize = 3;

/// Groups of a run that a word near the run can speak for. A date and a time come to six;
/// behind that stands a table, and what a word says about a table is not about its middle.
const MAX_LED_GROUPS: usize = 8;

/// What one recogniser reads of one group and its neighbours, beside the words around them.
const GROUP_STEPS: usize = 32;

/// One maximal run of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Group {
    pub(crate) const fn len(self) -> usize {
        self.end - self.start
    }
}

/// A run of groups that no recogniser has taken yet.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    pub(crate) groups: &'a [Group],
}

impl Run<'_> {
    pub(crate) fn group(&self, index: usize) -> Option<Group> {
        self.groups.get(index).copied()
    }

    /// Whether a word near the run can be about the group `index`.
    pub(crate) const fn is_led(&self, index: usize) -> bool {
        index < MAX_LED_GROUPS
    }

    /// What separates a group from the next one, empty past either end of the run.
    pub(crate) fn separator_after<'p>(&self, page: &Page<'p>, index: usize) -> &'p str {
        match (self.group(index), self.group(index + 1)) {
            (Some(left), Some(right)) => page.slice(left.end..right.start),
            _ => "",
        }
    }

    /// What separates a group from the one before, empty at the start of the run.
    pub(crate) fn separator_before<'p>(&self, page: &Page<'p>, index: usize) -> &'p str {
        index.checked_sub(1).map_or("", |before| self.separator_after(page, before))
    }
}

/// A match that begins with a given group, and how many groups it takes.
pub(crate) struct NumberMatch {
    pub(crate) candidate: Candidate,
    pub(crate) groups: usize,
}

type Recogniser = fn(&Page<'_>, Run<'_>, usize) -> Option<NumberMatch>;

/// The strictest first: what one takes, the next ones no longer see.
const RECOGNISERS: [Recogniser; 4] = [cards::at_group, ssn::at_group, ip::v4_at_group, phone::at_group];

/// Collects the groups of the run that starts with the digit at `at` and returns its end.
pub(crate) fn collect(page: &Page<'_>, at: usize, groups: &mut Vec<Group>) -> usize {
    groups.clear();
    let mut start = at;
    loop {
        let end = page.run_end(start, usize::MAX, |byte| byte.is_ascii_digit());
        // What follows an asterisk is the visible rest of a masked number.
        if page.byte_before(start) == b'*' {
            return end;
        }
        groups.push(Group { start, end });
        let next = page.run_end(end, MAX_SEPARATOR_BYTES, is_separator);
        if next == end || !page.byte(next).is_ascii_digit() {
            return end;
        }
        start = next;
    }
}

/// Reads one run with every recogniser.
pub(crate) fn recognise(page: &Page<'_>, groups: &[Group], out: &mut Vec<Candidate>) {
    sweep(page, Run { groups }, &RECOGNISERS, out);
}

fn sweep(page: &Page<'_>, run: Run<'_>, recognisers: &[Recogniser], out: &mut Vec<Candidate>) {
    let Some((recogniser, stricter_taken)) = recognisers.split_first() else {
        return;
    };
    let mut left = run;
    let mut at = 0;
    while at < left.groups.len() && page.budget.check().is_ok() {
        page.budget.count(GROUP_STEPS);
        let Some(found) = recogniser(page, left, at) else {
            at += 1;
            continue;
        };
        let weak = found.candidate.confidence == Confidence::Low;
        out.push(found.candidate);
        if weak {
            at += 1;
            continue;
        }
        let (before, rest) = left.groups.split_at(at);
        sweep(page, Run { groups: before }, stricter_taken, out);
        left = Run { groups: rest.get(found.groups..).unwrap_or(&[]) };
        at = 0;
    }
    sweep(page, left, stricter_taken, out);
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'-' | b'.' | b'/' | b'(' | b')')
}
