//! A disk that fails: callers are refused, the log says that it is not ready, and comes back whole.

use super::{Bench, run, wait_until};
use crate::disk::memory::{Cut, MemoryDisk};
use crate::samples;
use crate::{Audit, Event};
use domain::RefusalCode;

/// One whole call.
fn call(log: &Audit, number: u64) {
    let receipt = run(log.intent(samples::intent("ana", number))).unwrap();
    run(log.outcome(receipt, samples::outcome())).unwrap();
}

#[test]
fn a_failed_sync_refuses_the_batch_and_nothing_of_it_comes_back() {
    let bench = Bench::new();
    let disk = MemoryDisk::default();
    let (log, _) = bench.open(&disk).unwrap();
    call(&log, 1);
    disk.fail_syncs(2);
    let refusal = run(log.intent(samples::intent("ana", 2))).unwrap_err();
    assert_eq!(refusal.code(), RefusalCode::AuditUnavailable);
    wait_until("recovery", || log.is_ready());
    call(&log, 3);
    assert!(log.show(samples::call(2)).unwrap().is_empty(), "a refused intent is not in the log");
    log.close();
    // Whatever the failed syncs forgot, the power may be cut now.
    let left = disk.after_cut(Cut::DropAll, |_| 0);
    assert_eq!(bench.verify(&left).unwrap().records, 5, "four records and the new segment's first");
    let (log, report) = bench.open(&left).unwrap();
    assert_eq!((report.abandoned, report.torn_bytes), (0, 0));
    assert_eq!(log.show(samples::call(3)).unwrap().len(), 2);
}

#[test]
fn a_failed_write_is_as_a_failed_sync() {
    let bench = Bench::new();
    let disk = MemoryDisk::default();
    let (log, _) = bench.open(&disk).unwrap();
    call(&log, 1);
    disk.fail_writes(1);
    assert!(run(log.refused(samples::refused("ana", 2))).is_err());
    wait_until("recovery", || log.is_ready());
    call(&log, 3);
    log.close();
    assert_eq!(bench.verify(&disk).unwrap().records, 5);
}

#[test]
fn a_log_that_stays_down_says_so_and_takes_nothing() {
    let bench = Bench::new();
    let disk = MemoryDisk::default();
    let (log, _) = bench.open(&disk).unwrap();
    call(&log, 1);
    let held = run(log.intent(samples::intent("ana", 2))).unwrap();
    disk.fail_syncs(u64::MAX);
    assert!(run(log.refused(samples::refused("ana", 3))).is_err());
    assert!(!log.is_ready());
    let listed = crate::Listed {
        call: samples::call(4),
        who: samples::who("ana"),
        method: "tools/list",
        entries: 0,
        policy: None,
    };
    assert_eq!(log.listed(listed).unwrap_err().code(), RefusalCode::AuditUnavailable);
    assert!(run(log.record(samples::policy_loaded(b"p"))).is_err());
    // The second record of a running call is refused too, and the call closed once the log is back.
    let refusal = run(log.outcome(held, samples::outcome())).unwrap_err();
    assert_eq!(refusal.code(), RefusalCode::AuditUnavailable);
    disk.fail_syncs(0);
    wait_until("recovery", || log.is_ready());
    wait_until("the abandoned record", || log.show(samples::call(2)).unwrap().len() == 2);
    let records = log.show(samples::call(2)).unwrap();
    assert_eq!(records[1].event, Event::Abandoned);
    assert_eq!(records[1].body["unmapped"]["cause"], "outcome not recorded");
    log.close();
    bench.verify(&disk).unwrap();
}

#[test]
fn short_writes_are_finished() {
    let bench = Bench::new();
    let disk = MemoryDisk::default();
    disk.write_little(17);
    let (log, _) = bench.open(&disk).unwrap();
    (0..30).for_each(|number| call(&log, number));
    log.close();
    let left = disk.after_cut(Cut::DropAll, |_| 0);
    assert!(bench.verify(&left).unwrap().records >= 60);
}

#[test]
fn a_full_disk_refuses_calls_and_still_takes_the_operators_events() {
    let bench = Bench::new();
    let disk = MemoryDisk::default();
    let (log, _) = bench.open(&disk).unwrap();
    assert!(disk.shown(&bench.directory().join("reserve")).is_some());
    call(&log, 1);
    let before = run(log.intent(samples::intent("ana", 2))).unwrap();
    disk.leave_room(Some(0));
    // The segment's own space is used up first.
    let mut number = 100;
    while log.is_ready() {
        number += 1;
        let _refused = run(log.refused(samples::refused("ana", number)));
        assert!(number < 10_000, "the disk never became full");
    }
    assert_eq!(run(log.intent(samples::intent("ana", 3))).unwrap_err().code(), RefusalCode::AuditUnavailable);
    assert_eq!(
        run(log.refused(samples::refused("ana", 4))).unwrap_err().code(),
        RefusalCode::AuditUnavailable
    );
    assert!(disk.shown(&bench.directory().join("reserve")).is_none(), "the reserve was given up");
    for event in samples::operator_events() {
        let taken = run(log.record(event.clone())).is_ok();
        assert_eq!(taken, event.may_use_reserve(), "{event:?}");
    }
    assert!(!log.is_ready());
    drop(before);
    disk.leave_room(None);
    wait_until("recovery", || log.is_ready());
    assert!(disk.shown(&bench.directory().join("reserve")).is_some(), "the reserve is there again");
    call(&log, 5);
    wait_until("the abandoned record", || log.show(samples::call(2)).unwrap().len() == 2);
    log.close();
    bench.verify(&disk.after_cut(Cut::DropAll, |_| 0)).unwrap();
}

#[test]
fn a_disk_that_is_full_at_start_takes_operators_only() {
    let bench = Bench::new();
    let disk = MemoryDisk::default();
    let (log, _) = bench.open(&disk).unwrap();
    call(&log, 1);
    log.close();
    crate::disk::Disk::remove(&disk, &bench.directory().join("reserve")).unwrap();
    disk.leave_room(Some(64 * 1024));
    let (log, _) = bench.open(&disk).unwrap();
    assert!(!log.is_ready());
    assert!(run(log.intent(samples::intent("ana", 2))).is_err());
    run(log.record(samples::policy_loaded(b"p"))).unwrap();
    log.close();
}

#[test]
fn a_call_waits_for_one_sync_and_does_none_of_its_own() {
    let bench = Bench::new();
    let disk = MemoryDisk::default();
    let (log, _) = bench.open(&disk).unwrap();
    call(&log, 1);
    let (syncs, batches) = (disk.syncs(), log.batches());
    std::thread::scope(|scope| {
        for caller in 0..32u64 {
            let log = &log;
            scope.spawn(move || (0..20).for_each(|number| call(log, 100 + caller * 100 + number)));
        }
    });
    let (syncs, batches) = (disk.syncs() - syncs, log.batches() - batches);
    assert!(batches < 1280, "{batches} batches for 1280 records");
    // Besides one per batch: a checkpoint every ten records, and a new segment now and then.
    assert!(syncs < batches + 1280 / 10 * 8, "{syncs} syncs for {batches} batches");
    log.close();
    bench.verify(&disk).unwrap();
}
