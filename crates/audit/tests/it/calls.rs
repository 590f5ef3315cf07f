//! Calls from intent to outcome, over restarts.

use crate::support::{Bench, call, call_id, intent, outcome, refused, run, who};
use audit::{AuditError, Event, Listed, OperatorEvent, verify_consistency, verify_inclusion};
use domain::{Digest, RefusalCode};
use std::time::{Duration, Instant};

#[test]
fn a_call_has_an_intent_and_an_outcome_and_a_receipt_for_both() {
    let bench = Bench::new();
    let (log, report) = bench.open().unwrap();
    assert!(report.created && report.records == 0);
    let receipt = call(&log, "ana", 1);
    assert_eq!((receipt.call(), receipt.intent_index(), receipt.outcome_index()), (call_id(1), 0, 1));
    let json = serde_json::to_value(receipt.to_file()).unwrap();
    assert_eq!(json["origin"], "secure-mcp/node-1");
    assert_eq!((&json["intent_index"], &json["outcome_index"]), (&0.into(), &1.into()));
    assert_eq!(json.as_object().unwrap().len(), 4);

    let records = log.show(call_id(1)).unwrap();
    let events: Vec<_> = records.iter().map(|record| record.event).collect();
    assert_eq!(events, [Event::Intent, Event::Outcome]);
    assert_eq!(records[0].body["actor"]["user"]["name"], "ana");
    assert_eq!(records[0].body["src_endpoint"]["ip"], "203.0.113.77");
    assert_eq!(records[1].leaf, *receipt.leaf());
    assert_eq!(records[1].intent, Some(0));
    assert!(log.has_intent(call_id(1)).unwrap());
    assert!(!log.has_intent(call_id(2)).unwrap());
}

#[test]
fn a_dropped_receipt_is_recorded_as_abandoned() {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    drop(run(log.intent(intent("ana", 1))).unwrap());
    let start = Instant::now();
    while log.show(call_id(1)).unwrap().len() < 2 {
        assert!(start.elapsed() < Duration::from_secs(20));
        std::thread::yield_now();
    }
    let records = log.show(call_id(1)).unwrap();
    assert_eq!((records[1].event, records[1].intent), (Event::Abandoned, Some(0)));
    assert_eq!(records[1].body["unmapped"]["cause"], "dropped");
    assert_eq!(records[1].body["api"]["operation"], "database-query");
}

#[test]
fn a_caller_that_goes_away_while_it_waits_leaves_no_open_call() {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    run(async {
        let mut waiting = Box::pin(log.intent(intent("ana", 1)));
        let once =
            std::future::poll_fn(|context| std::task::Poll::Ready(waiting.as_mut().poll(context).is_ready()));
        let _answered_already = once.await;
    });
    log.close();
    let (log, report) = bench.open().unwrap();
    assert_eq!((report.records, report.abandoned), (2, 0));
    assert_eq!(log.show(call_id(1)).unwrap()[1].event, Event::Abandoned);
}

#[test]
fn a_restart_closes_open_calls_and_remembers_the_policy() {
    let mut bench = Bench::new();
    bench.config.pace.segment_bytes = 16 * 1024;
    let (log, report) = bench.open().unwrap();
    assert_eq!(report.last_policy, None);
    let policy = Digest::of(b"policy");
    let loaded = OperatorEvent::PolicyLoaded { policy, previous: None, by: Some(who("root")) };
    run(log.record(loaded)).unwrap();
    let open = run(log.intent(intent("ana", 1))).unwrap();
    // Enough for several segments: the open call and the policy are carried from one to the next.
    (100..140).for_each(|number| drop(call(&log, "dev", number)));
    log.close();
    drop(log);
    drop(open);
    let (log, report) = bench.open().unwrap();
    assert_eq!((report.abandoned, report.last_policy), (1, Some(policy)));
    let records = log.show(call_id(1)).unwrap();
    assert_eq!(records.len(), 2);
    assert_eq!(records[1].body["unmapped"]["cause"], "restart");
    assert_eq!(records[1].body["api"]["operation"], "database-query");
    assert_eq!(records[1].body["actor"]["user"]["uid"], records[0].body["actor"]["user"]["uid"]);
    assert!(log.has_intent(call_id(139)).unwrap());
    drop(log);
    assert_eq!(bench.open().unwrap().1.abandoned, 0);
}

#[test]
fn the_second_opener_is_told_who_has_it() {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    let error = bench.open().unwrap_err();
    assert!(matches!(error, AuditError::Locked { .. }), "{error}");
    assert!(error.hint().contains("admin socket"));
    log.close();
    bench.open().unwrap();
}

#[test]
fn a_closed_log_refuses() {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    log.close();
    assert_eq!(run(log.intent(intent("ana", 1))).unwrap_err().code(), RefusalCode::ShuttingDown);
    assert_eq!(run(log.refused(refused("ana", 1))).unwrap_err().code(), RefusalCode::ShuttingDown);
}

#[test]
fn a_list_is_one_record_that_nobody_waits_for() {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    let listed = Listed { call: call_id(1), who: who("ana"), method: "tools/list", entries: 3, policy: None };
    log.listed(listed).unwrap();
    log.close();
    let (log, report) = bench.open().unwrap();
    assert_eq!(report.records, 1);
    assert_eq!(log.tail(10).unwrap()[0].body["unmapped"]["entries"], 3);
}

#[test]
fn the_tail_reaches_over_segments_and_is_in_order() {
    let mut bench = Bench::new();
    bench.config.pace.segment_bytes = 16 * 1024;
    let (log, _) = bench.open().unwrap();
    (0..40).for_each(|number| drop(call(&log, "ana", number)));
    let tail = log.tail(50).unwrap();
    assert_eq!(tail.len(), 50);
    assert!(tail.windows(2).all(|pair| pair[0].index + 1 == pair[1].index));
    assert!(
        tail.iter().any(|record| record.event == Event::Checkpoint),
        "a segment's first record is among them"
    );
    assert_eq!(log.tail(3).unwrap()[2].index, tail[49].index);
}

#[test]
fn proofs_of_a_running_log_verify() {
    let mut bench = Bench::new();
    bench.config.pace.segment_bytes = 16 * 1024;
    bench.config.pace.checkpoint_records = 10;
    let (log, _) = bench.open().unwrap();
    let receipts: Vec<_> = (0..30).map(|number| call(&log, "ana", number)).collect();
    let size = receipts[29].outcome_index() + 1;
    let root = log.root(size).unwrap();
    for receipt in &receipts {
        let path = log.inclusion_proof(receipt.outcome_index(), size).unwrap();
        assert!(verify_inclusion(receipt.leaf(), receipt.outcome_index(), size, &path, &root));
    }
    for old in 1..=size {
        let path = log.consistency_proof(old, size).unwrap();
        assert!(verify_consistency(old, &log.root(old).unwrap(), size, &root, &path));
    }
    assert!(log.inclusion_proof(size, size).is_err());
    assert!(log.inclusion_proof(0, size + 1).is_err());
    let signed = log.checkpoint();
    assert!(signed.size + 10 >= size && log.root(signed.size).unwrap() == signed.root);
}

#[test]
fn a_hundred_thousand_records_open_quickly() {
    let mut bench = Bench::new();
    bench.config.per_principal_mib_day = 0;
    let (log, _) = bench.open().unwrap();
    let listed = Listed { call: call_id(1), who: who("ana"), method: "tools/list", entries: 3, policy: None };
    for number in 0..100_000u64 {
        // Not waited for: the queue is the only limit.
        while log.listed(Listed { call: call_id(number), ..listed.clone() }).is_err() {
            std::thread::yield_now();
        }
    }
    log.close();
    drop(log);
    let start = Instant::now();
    let (log, report) = bench.open().unwrap();
    let elapsed = start.elapsed();
    assert!(report.records >= 100_000);
    println!("{} records opened in {elapsed:?}", report.records);
    let limit = if cfg!(debug_assertions) { 2000 } else { 50 };
    assert!(elapsed < Duration::from_millis(limit), "{elapsed:?}");
    assert_eq!(log.show(call_id(5)).unwrap().len(), 1);
}

#[test]
fn derived_files_are_made_again() {
    let mut bench = Bench::new();
    bench.config.pace.segment_bytes = 16 * 1024;
    let (log, _) = bench.open().unwrap();
    (0..40).for_each(|number| drop(call(&log, "ana", number)));
    log.close();
    drop(log);
    #[allow(clippy::disallowed_methods, reason = "the test damages files from outside")]
    for entry in std::fs::read_dir(bench.directory()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".idx") {
            std::fs::remove_file(&path).unwrap();
        }
        if name == "tree" {
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[40] ^= 1;
            std::fs::write(&path, bytes).unwrap();
        }
    }
    let (log, report) = bench.open().unwrap();
    let size = report.records;
    assert!(log.has_intent(call_id(0)).unwrap());
    let path = log.inclusion_proof(1, size).unwrap();
    let leaf = log.show(call_id(0)).unwrap()[1].leaf;
    assert!(verify_inclusion(&leaf, 1, size, &path, &log.root(size).unwrap()));
    run(log.outcome(run(log.intent(intent("ana", 99))).unwrap(), outcome())).unwrap();
}
