//! The family Audit of attacks, those on the disk: `tests/attacks.toml`.

use super::{Bench, crash, run, wait_until};
use crate::disk::memory::MemoryDisk;
use crate::samples;
use domain::RefusalCode;
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct Case {
    kind: String,
    fault: Option<String>,
    seed: Option<u64>,
}

#[test]
fn every_attack_on_the_disk_is_held() {
    let cases: Cases = toml::from_str(include_str!("../../../tests/attacks.toml")).unwrap();
    let mut passed = 0;
    for case in cases.case {
        match (case.kind.as_str(), &case.fault, case.seed) {
            ("disk", Some(fault), _) => disk(fault),
            ("cut", _, Some(seed)) => drop(crash::cut_once(&Bench::new(), seed, 4, 20)),
            _ => continue,
        }
        passed += 1;
    }
    assert!(passed >= 7, "only {passed} cases");
    println!("{passed} passed");
}

/// The call is refused, the log is not ready, comes back by itself and has lost nothing that it answered.
fn disk(fault: &str) {
    let bench = Bench::new();
    let disk = MemoryDisk::default();
    let (log, _) = bench.open(&disk).unwrap();
    let kept = run(log.refused(samples::refused("ana", 1))).unwrap();
    match fault {
        "full" => disk.leave_room(Some(0)),
        "write" => disk.fail_writes(u64::MAX),
        "sync" => disk.fail_syncs(u64::MAX),
        other => panic!("{other}"),
    }
    let mut number = 2;
    let refusal = loop {
        // What room the segment has is used up first.
        match run(log.intent(samples::intent("ana", number))) {
            Ok(_) => number += 1,
            Err(refusal) => break refusal,
        }
        assert!(number < 10_000, "{fault}");
    };
    assert_eq!(refusal.code(), RefusalCode::AuditUnavailable, "{fault}");
    assert!(!log.is_ready(), "{fault}");
    match fault {
        "full" => disk.leave_room(None),
        "write" => disk.fail_writes(0),
        _ => disk.fail_syncs(0),
    }
    wait_until("recovery", || log.is_ready());
    run(log.refused(samples::refused("ana", 20_000))).unwrap();
    assert_eq!(log.show(samples::call(1)).unwrap()[0].leaf, *kept.leaf(), "{fault}");
    log.close();
    bench.verify(&disk).unwrap();
}
