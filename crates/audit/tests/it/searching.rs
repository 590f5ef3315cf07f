//! Searching a big log: the right records, page after page, soon.

#![allow(clippy::disallowed_methods, reason = "the tests look at the files from outside")]

use crate::support::{Bench, intent, outcome, refused, run, who};
use audit::{Audit, Event, Listed, Pace, SearchQuery};
use domain::{Control, Decision, RefusalCode, UnixMillis, Verdict};
use std::time::{Duration, Instant};

/// Records of the big search; the million is for the soak.
fn wanted_records() -> u64 {
    std::env::var("AUDIT_SEARCH_RECORDS").map_or(20_000, |text| text.parse().unwrap())
}

fn list(log: &Audit, person: &str, number: u64) {
    let listed = || Listed {
        call: crate::support::call_id(number),
        who: who(person),
        method: "tools/list",
        entries: number,
        policy: None,
    };
    while let Err(refusal) = log.listed(listed()) {
        assert_eq!(refusal.code(), RefusalCode::Busy);
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Every page of a search, joined.
fn all_pages(log: &Audit, query: &SearchQuery) -> Vec<u64> {
    let mut query = query.clone();
    let mut found = Vec::new();
    loop {
        let page = log.search(&query).unwrap();
        assert!(page.records.len() <= query.limit);
        found.extend(page.records.iter().map(|record| record.index));
        let Some(next) = page.next else { return found };
        query.before = Some(next);
    }
}

#[test]
fn a_big_log_is_searched_in_less_than_a_second() {
    let mut bench = Bench::new();
    bench.config.per_principal_mib_day = 0;
    bench.config.pace = Pace { checkpoint_interval: Duration::from_millis(200), ..Pace::default() };
    let (log, _) = bench.open().unwrap();
    let records = wanted_records();
    // One in ten thousand is the needle; who it is about stands in no file in clear.
    for number in 0..records {
        list(&log, if number % 10_000 == 777 { "needle" } else { "hay" }, number);
    }
    let needle = run(log.intent(intent("needle", records))).unwrap();
    run(log.outcome(needle, outcome())).unwrap();
    log.close();
    drop(log);
    let (log, _) = bench.open().unwrap();
    let finished = || {
        std::fs::read_dir(bench.directory()).unwrap().filter(|entry| extension(entry) == "seg").count() - 1
    };
    let rows =
        || std::fs::read_dir(bench.directory()).unwrap().filter(|entry| extension(entry) == "rows").count();
    let start = Instant::now();
    while rows() < finished() {
        assert!(start.elapsed() < Duration::from_secs(120), "{} of {} segments", rows(), finished());
        std::thread::sleep(Duration::from_millis(10));
    }
    let queries = [
        ("the last records", SearchQuery { limit: 50, ..SearchQuery::default() }),
        ("a person", SearchQuery { person: "needle".parse().ok(), limit: 1000, ..SearchQuery::default() }),
        (
            "a person's denied calls of a tool, of which there are none",
            SearchQuery {
                person: "needle".parse().ok(),
                tool: Some("database-query".to_owned()),
                decision: Some(Decision::Deny),
                limit: 50,
                ..SearchQuery::default()
            },
        ),
        (
            "a control's verdict that nobody gave",
            SearchQuery {
                control: Some((Control::ScanSecrets, Some(Verdict::Refused))),
                limit: 50,
                ..SearchQuery::default()
            },
        ),
        (
            "the oldest hour",
            SearchQuery {
                until: Some(UnixMillis(crate::support::NOON + 1)),
                limit: 50,
                ..SearchQuery::default()
            },
        ),
    ];
    for (name, query) in queries {
        let start = Instant::now();
        let page = log.search(&query).unwrap();
        let took = start.elapsed();
        println!("{records} records, {name}: {} found in {took:?}", page.records.len());
        assert!(took < Duration::from_secs(1), "{name} took {took:?}");
    }
    let of_needle = SearchQuery { person: "needle".parse().ok(), limit: 1000, ..SearchQuery::default() };
    let expected = (records + 9_999 - 777) / 10_000 + 2;
    assert_eq!(log.search(&of_needle).unwrap().records.len() as u64, expected.min(1000));
}

fn extension(entry: &std::io::Result<std::fs::DirEntry>) -> String {
    entry.as_ref().unwrap().path().extension().unwrap_or_default().to_string_lossy().into_owned()
}

#[test]
fn pages_hold_every_record_once_while_the_log_grows_and_the_rows_are_missing() {
    let mut bench = Bench::new();
    bench.config.pace.segment_bytes = 32 * 1024;
    let (log, _) = bench.open().unwrap();
    let mut expected = Vec::new();
    for number in 0..200 {
        let receipt = run(log.refused(refused(if number % 4 == 0 { "ana" } else { "dev" }, number))).unwrap();
        if number % 4 == 0 {
            expected.insert(0, receipt.index());
        }
    }
    let query = SearchQuery {
        person: "ana".parse().ok(),
        event: Some(Event::Refused),
        limit: 7,
        ..SearchQuery::default()
    };
    assert_eq!(all_pages(&log, &query), expected);
    // A page that was begun stays what it was while records are added.
    let first = log.search(&query).unwrap();
    for number in 300..320 {
        run(log.refused(refused("ana", number))).unwrap();
    }
    let rest = SearchQuery { before: first.next, ..query.clone() };
    let mut again: Vec<u64> = first.records.iter().map(|record| record.index).collect();
    again.extend(all_pages(&log, &rest));
    assert_eq!(again, expected);
    log.close();
    drop(log);
    // The rows are derived: without them, and with damaged ones, the answer is the same.
    let mut damaged = 0;
    for entry in std::fs::read_dir(bench.directory()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rows") {
            damaged += 1;
            if damaged % 2 == 0 {
                std::fs::remove_file(path).unwrap();
            } else {
                std::fs::write(path, b"rubbish").unwrap();
            }
        }
    }
    let (log, _) = bench.open().unwrap();
    assert_eq!(all_pages(&log, &rest), again[7..]);
    let nobody = SearchQuery { person: "nobody".parse().ok(), ..query };
    assert!(log.search(&nobody).unwrap().records.is_empty());
}
