//! Rows: read back, caught up, and nothing but what fits.

use super::*;
use crate::record::{intent, put_frame, refused, set_index};
use crate::samples::{self, StillClock};
use crate::search::SearchQuery;
use crate::segment::segment_header;
use crate::subjects::Subjects;
use crate::{Event, record::actor_of};
use domain::{Control, Decision, Verdict};

/// A segment with calls of ana and dev, and refusals of dev.
fn segment() -> (tempfile::TempDir, Subjects, Vec<u8>) {
    let home = tempfile::tempdir().unwrap();
    let keys = secrets::KeyStore::open(&home.path().join("keys")).unwrap();
    let (subjects, _) = Subjects::load(b"", keys).unwrap();
    let mut bytes = segment_header(100, StillClock::START);
    for number in 0..30u64 {
        let person = if number % 3 == 0 { "ana" } else { "dev" };
        let actor = actor_of(&subjects, &samples::principal(person)).unwrap();
        let mut record = if number % 2 == 0 {
            intent(&samples::intent(person, number), &actor, UnixMillis(StillClock::START.0 + number))
        } else {
            refused(&samples::refused(person, number), &actor, UnixMillis(StillClock::START.0 + number))
        }
        .unwrap();
        set_index(&mut record, 100 + number);
        put_frame(&mut bytes, &record, 0);
    }
    (home, subjects, bytes)
}

fn found(rows: &SegmentRows, subjects: &Subjects, query: &SearchQuery) -> Vec<u32> {
    let Some(wanted) = Wanted::of(query, subjects) else { return Vec::new() };
    rows.matching(&wanted).map(|(number, _)| number).collect()
}

fn numbers(fits: impl Fn(u32) -> bool) -> Vec<u32> {
    (0..30).rev().filter(|number| fits(*number)).collect()
}

#[test]
fn rows_find_what_fits_and_nothing_else() {
    let (_home, subjects, bytes) = segment();
    let rows = SegmentRows::of(&bytes, 100);
    let check = |query: SearchQuery, fits: &dyn Fn(u32) -> bool| {
        assert_eq!(found(&rows, &subjects, &query), numbers(fits), "{query:?}");
    };
    let query = SearchQuery::default;
    let at = |number: u64| Some(UnixMillis(StillClock::START.0 + number));
    check(query(), &|_| true);
    check(SearchQuery { person: "ana".parse().ok(), ..query() }, &|number| number % 3 == 0);
    check(SearchQuery { person: "nobody".parse().ok(), ..query() }, &|_| false);
    check(SearchQuery { person: "ana".parse().ok(), tenant: "other".parse().ok(), ..query() }, &|_| false);
    check(SearchQuery { tool: Some("database-query".to_owned()), ..query() }, &|number| number % 2 == 0);
    check(SearchQuery { tool: Some("database".to_owned()), ..query() }, &|_| false);
    check(SearchQuery { decision: Some(Decision::Deny), ..query() }, &|number| number % 2 == 1);
    check(SearchQuery { decision: Some(Decision::Pending), ..query() }, &|_| false);
    check(SearchQuery { event: Some(Event::Intent), ..query() }, &|number| number % 2 == 0);
    check(SearchQuery { control: Some((Control::AuthnToken, None)), ..query() }, &|number| number % 2 == 0);
    let passed = Some((Control::AuthnToken, Some(Verdict::Pass)));
    check(SearchQuery { control: passed, ..query() }, &|number| number % 2 == 0);
    let refused = Some((Control::AuthnToken, Some(Verdict::Refused)));
    check(SearchQuery { control: refused, ..query() }, &|_| false);
    check(SearchQuery { since: at(10), until: at(20), ..query() }, &|number| (10..20).contains(&number));
    check(
        SearchQuery { person: "dev".parse().ok(), event: Some(Event::Refused), since: at(4), ..query() },
        &|number| number % 3 != 0 && number % 2 == 1 && number >= 4,
    );
}

#[test]
fn a_file_reads_back_and_a_damaged_one_does_not() {
    let (_home, _, bytes) = segment();
    let rows = SegmentRows::of(&bytes, 100);
    let file = rows.to_bytes(100);
    assert_eq!(SegmentRows::from_bytes(&file, 100), Some(rows));
    assert_eq!(SegmentRows::from_bytes(&file, 99), None);
    for at in (0..file.len()).step_by(7) {
        let mut damaged = file.clone();
        damaged[at] ^= 1;
        assert_eq!(SegmentRows::from_bytes(&damaged, 100), None, "byte {at}");
        assert_eq!(SegmentRows::from_bytes(&file[..at], 100), None, "cut at {at}");
    }
    assert!(!String::from_utf8_lossy(&file).contains("ana"));
}

#[test]
fn the_segment_that_is_written_is_caught_up() {
    let (_home, _, bytes) = segment();
    let whole = SegmentRows::of(&bytes, 100);
    let mut active = ActiveRows::default();
    for cut in (SEGMENT_START..bytes.len()).step_by(997).chain([bytes.len()]) {
        let rows = active.caught_up(100, &bytes[..cut]);
        assert_eq!(rows.rows[..], whole.rows[..rows.rows.len()], "cut at {cut}");
    }
    assert_eq!(*active.caught_up(100, &bytes), whole);
    let other = segment_header(130, StillClock::START);
    assert_eq!(*active.caught_up(130, &other), SegmentRows::default());
}

/// Bytes of a segment's header.
const SEGMENT_START: usize = 32;
