//! Retention: old segments go, every proof holds, and nothing can be dropped without a record of it.

#![allow(clippy::disallowed_methods, reason = "the tests look at the files from outside")]

use crate::support::{Bench, call, call_id, copy};
use audit::{
    Event, OutcomeReceipt, SearchQuery, VerifyError, VerifyRequest, VerifySource, export, verify,
    verify_consistency, verify_inclusion,
};
use domain::Clock;
use std::fs;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

struct Kept {
    receipt: OutcomeReceipt,
    note: String,
}

/// Ten days of calls; what somebody kept of the first day.
fn ten_days(bench: &mut Bench) -> Kept {
    bench.config.pace.segment_bytes = 16 * 1024;
    let mut kept = None;
    for day in 0..10 {
        let (log, _) = bench.open().unwrap();
        for number in 0..20 {
            let receipt = call(&log, "ana", 100 * day + number);
            if day == 0 && number == 3 {
                kept = Some(receipt);
            }
        }
        log.close();
        if day == 0 {
            fs::copy(bench.directory().join("checkpoint"), bench.home.path().join("kept")).unwrap();
        }
        bench.advance(DAY);
    }
    Kept { receipt: kept.unwrap(), note: fs::read_to_string(bench.home.path().join("kept")).unwrap() }
}

fn segments(bench: &Bench) -> usize {
    let names = fs::read_dir(bench.directory()).unwrap().map(|entry| entry.unwrap().path());
    names.filter(|path| path.extension().is_some_and(|extension| extension == "seg")).count()
}

#[test]
fn old_segments_go_and_every_proof_holds() {
    let mut bench = Bench::new();
    let kept = ten_days(&mut bench);
    let before = segments(&bench);
    let (log, _) = bench.open().unwrap();
    let (size, root) = (40, log.root(40).unwrap());
    let path = log.inclusion_proof(kept.receipt.outcome_index(), size).unwrap();
    let cutoff = domain::UnixMillis(bench.clock.now().0 - 5 * DAY.as_millis() as u64);
    let dropped = log.drop_before(cutoff).unwrap().unwrap();
    assert!(dropped.first == 0 && dropped.next > 80, "{dropped:?}");
    assert_eq!(log.drop_before(cutoff).unwrap(), None);
    assert!(segments(&bench) < before && log.first() == dropped.next);

    // Nothing younger than five days went, and what went was older.
    assert_eq!(log.show(call_id(600)).unwrap().len(), 2);
    assert!(log.show(call_id(3)).unwrap().is_empty() && log.tail(10_000).unwrap()[0].index == dropped.next);
    let said = log.tail(1).unwrap().remove(0);
    assert_eq!(
        (said.event, said.body["unmapped"]["next"].as_u64()),
        (Event::SegmentsDropped, Some(dropped.next))
    );
    let all = SearchQuery { limit: 1000, ..SearchQuery::default() };
    assert_eq!(log.search(&all).unwrap().records.len() as u64, log.size() - dropped.next);

    // The proofs of what is gone are the same, and new ones can be made.
    assert_eq!(log.inclusion_proof(kept.receipt.outcome_index(), size).unwrap(), path);
    assert!(verify_inclusion(kept.receipt.leaf(), kept.receipt.outcome_index(), size, &path, &root));
    let now = log.size();
    let consistency = log.consistency_proof(size, now).unwrap();
    assert!(verify_consistency(size, &root, now, &log.root(now).unwrap(), &consistency));
    call(&log, "ana", 9_000);
    log.close();
    drop(log);

    // The log opens, goes on and holds, against what was kept of the first day as well.
    let (log, _) = bench.open().unwrap();
    call(&log, "ana", 9_001);
    log.close();
    drop(log);
    let request = VerifyRequest {
        checkpoint: Some(kept.note.clone()),
        receipts: vec![kept.receipt.to_file()],
        ..VerifyRequest::directory(bench.directory())
    };
    let verified = verify(&request).unwrap();
    assert_eq!((verified.first, verified.records), (dropped.next, now + 4));

    // A false receipt of a dropped record is found; a lost file of hashes costs the old proofs and nothing else.
    let mut forged = kept.receipt.to_file();
    forged.outcome_index += 1;
    let error = verify(&VerifyRequest { receipts: vec![forged], ..request.clone() }).unwrap_err();
    assert!(matches!(error, VerifyError::BadRecord { .. }), "{error}");
    let file = bench.home.path().join("log.export");
    export(bench.directory(), &file).unwrap();
    let exported = VerifyRequest {
        source: VerifySource::Export(file),
        checkpoint: None,
        receipts: Vec::new(),
        ..request
    };
    assert_eq!(verify(&exported).unwrap(), verified_again(&bench));
    let error = verify(&VerifyRequest { checkpoint: Some(kept.note), ..exported }).unwrap_err();
    assert!(matches!(error, VerifyError::Dropped { .. }), "{error}");
    fs::remove_file(bench.directory().join("tree")).unwrap();
    let (log, _) = bench.open().unwrap();
    call(&log, "ana", 9_002);
    log.close();
    verified_again(&bench);
}

fn verified_again(bench: &Bench) -> audit::Verified {
    verify(&VerifyRequest::directory(bench.directory())).unwrap()
}

#[test]
fn segments_that_somebody_took_away_are_missed_whatever_else_was_changed() {
    let mut bench = Bench::new();
    ten_days(&mut bench);
    let whole = copy(bench.directory(), bench.home.path().join("whole"));
    let (log, _) = bench.open().unwrap();
    let cutoff = domain::UnixMillis(bench.clock.now().0 - 5 * DAY.as_millis() as u64);
    let dropped = log.drop_before(cutoff).unwrap().unwrap();
    log.close();
    drop(log);
    let base = fs::read(bench.directory().join("base")).unwrap();
    // The log as it was, without its first segments, and with the tree over them: only the record is missing.
    for entry in fs::read_dir(&whole).unwrap() {
        let path = entry.unwrap().path();
        let first = path.file_stem().unwrap().to_string_lossy().parse::<u64>();
        if first.is_ok_and(|first| first < dropped.next) {
            fs::remove_file(path).unwrap();
        }
    }
    let error = verify(&VerifyRequest::directory(&whole)).unwrap_err();
    assert_eq!(error.first_bad_index(), Some(0), "{error}");
    fs::write(whole.join("base"), base).unwrap();
    let error = verify(&VerifyRequest::directory(&whole)).unwrap_err();
    assert!(error.to_string().contains("no record says that it was dropped"), "{error}");
    // A tree over them that is another one does not fit the signatures.
    let text = fs::read_to_string(bench.directory().join("base")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let swapped = text.replacen(lines[1], &format!("{}=", "A".repeat(43)), 1);
    fs::write(bench.directory().join("base"), swapped).unwrap();
    assert!(verify(&VerifyRequest::directory(bench.directory())).is_err());
}
