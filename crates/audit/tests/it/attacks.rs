//! The family Audit of attacks, those that only the log is needed for: `tests/attacks.toml`.

#![allow(clippy::disallowed_methods, reason = "the attacker has the files")]

use crate::support::{Bench, NOON, call, call_id, copy, intent, outcome, refused, run, who};
use audit::{
    Audit, OperatorEvent, Person, ReadRecord, VerifyError, VerifyRequest, leaf_hash, verify, verify_inclusion,
};
use domain::{Digest, Refusal, RefusalCode};
use serde::Deserialize;
use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;

/// Bytes of a frame before its record, and of a record before its JSON: docs/audit-format.md.
const FRAME: usize = 20;
const HEADER: usize = 60;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Case {
    id: String,
    kind: String,
    field: String,
    text: String,
    times: Option<usize>,
    change: String,
    record: usize,
    first_bad: u64,
    held: String,
    log: String,
    says: String,
    seconds: i64,
    person: String,
}

#[test]
fn every_attack_on_the_log_is_held() {
    let cases: Cases = toml::from_str(include_str!("../attacks.toml")).unwrap();
    let mut passed = 0;
    for case in cases.case {
        match case.kind.as_str() {
            "text" => text(&case),
            "tamper" => tamper(&case),
            "note" => note(&case),
            "clock" => clock(&case),
            "erase" => erase(&case),
            _ => continue,
        }
        passed += 1;
    }
    assert!(passed >= 30, "only {passed} cases");
    println!("{passed} passed");
}

/// The frames of a segment: where each begins and ends.
fn frames(segment: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 32;
    while segment.get(at..at + 4) == Some(b"smr1") {
        let length = u32::from_be_bytes(segment[at + 4..at + 8].try_into().unwrap()) as usize;
        found.push((at, at + FRAME + length));
        at += FRAME + length;
    }
    found
}

fn segment_of(directory: &Path) -> std::path::PathBuf {
    directory.join("00000000000000000000.seg")
}

/// Signs that a terminal or a page acts on instead of showing them.
fn acts(sign: char) -> bool {
    sign.is_control()
        || matches!(sign, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn text(case: &Case) {
    let text = case.text.repeat(case.times.unwrap_or(1));
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    let is_clear = case.field == "approval";
    if is_clear {
        let mut asked = intent("ana", 1);
        asked.approval = Some(text.clone());
        let receipt = run(log.intent(asked)).unwrap();
        run(log.outcome(receipt, outcome())).unwrap();
    } else {
        let mut asked = refused("ana", 1);
        match case.field.as_str() {
            "tool" => asked.tool = Some(text.clone()),
            "user_agent" => asked.who.user_agent = Some(text.clone()),
            "detail" => asked.refusal = Refusal::new(RefusalCode::Denied, text.clone()),
            "remark" => asked.reasons = vec![text.clone()],
            other => panic!("{other}"),
        }
        run(log.refused(asked)).unwrap();
    }
    let record: ReadRecord = log.show(call_id(1)).unwrap().remove(0);
    log.close();
    verify(&VerifyRequest::directory(bench.directory())).unwrap();
    let segment = fs::read(segment_of(bench.directory())).unwrap();
    for (begin, end) in frames(&segment) {
        assert!(end - begin - FRAME <= 65_535, "{case:?}: {}", end - begin);
        let json = std::str::from_utf8(&segment[begin + FRAME + HEADER..end]).unwrap();
        assert!(!json.chars().any(acts), "{} {}", case.id, case.field);
        serde_json::from_str::<serde_json::Value>(json).unwrap();
    }
    let place = match case.field.as_str() {
        "tool" => "/api/operation",
        "user_agent" => "/http_request/user_agent",
        "detail" => "/status_detail",
        "remark" => "/unmapped/remarks/0",
        _ => "/unmapped/approval",
    };
    let shown = record.body.pointer(place).and_then(|value| value.as_str()).unwrap();
    let begin: String = text.chars().take(8).collect();
    if is_clear {
        assert!(!shown.chars().any(|sign| acts(sign) && !sign.is_ascii_control()), "{case:?}");
    } else {
        assert!(shown.starts_with(&begin), "{} {}: {shown:.40}", case.id, case.field);
        let needle: Vec<u8> = text.bytes().take(24).collect();
        let names = text.len() > 8 && text.is_ascii();
        assert!(
            !names || !segment.windows(needle.len()).any(|window| window == needle),
            "{} is in clear",
            case.field
        );
    }
}

fn tamper(case: &Case) {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    for number in 0..12 {
        run(log.refused(refused("ana", number))).unwrap();
    }
    log.close();
    let path = segment_of(bench.directory());
    let mut segment = fs::read(&path).unwrap();
    let frames = frames(&segment);
    let (begin, end) = frames[case.record];
    match case.change.as_str() {
        "flip" => segment[begin + FRAME + HEADER + 30] ^= 1,
        "remove" => drop(segment.drain(begin..end)),
        "swap" => {
            let (_, after) = frames[case.record + 1];
            let both = [&segment[end..after], &segment[begin..end]].concat();
            segment[begin..after].copy_from_slice(&both);
        }
        "repeat" => {
            let again = segment[begin..end].to_vec();
            segment.splice(end..end, again);
        }
        "cut" => segment.truncate(begin),
        "rewrite" => {
            // Another record under a check that fits it: only the tree can tell.
            segment[begin + FRAME + 12 + 7] ^= 1;
            let leaf = leaf_hash(&segment[begin + FRAME..end]);
            let check = Digest::of(&[&segment[begin + 4..begin + 12], leaf.as_slice()].concat());
            segment[begin + 12..begin + 20].copy_from_slice(&check.as_bytes()[..8]);
        }
        other => panic!("{other}"),
    }
    fs::write(&path, segment).unwrap();
    let error = verify(&VerifyRequest::directory(bench.directory())).unwrap_err();
    assert_eq!(error.first_bad_index(), Some(case.first_bad), "{case:?}: {error}");
    // A log that was tampered with is not served either.
    assert!(bench.open().is_err(), "{case:?}");
}

fn grow(log: &Audit, from: u64, person: &str) {
    for number in from..from + 10 {
        run(log.refused(refused(person, number))).unwrap();
    }
}

fn note(case: &Case) {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    grow(&log, 0, "ana");
    log.close();
    drop(log);
    let snapshot = copy(bench.directory(), bench.home.path().join("snapshot"));
    let (log, _) = bench.open().unwrap();
    grow(&log, 10, "ana");
    log.close();
    drop(log);
    let latest = fs::read_to_string(bench.directory().join("checkpoint")).unwrap();
    let held = match case.held.as_str() {
        "latest" => latest,
        "forged_size" => latest.replacen("\n20\n", "\n21\n", 1),
        "other_key" => note_of(&Bench::new()),
        "other_origin" => {
            let mut other = Bench::new();
            other.config.node = "node-2".to_owned();
            note_of(&other)
        }
        "split_view" => {
            // The same key and origin, other records: what somebody else was shown.
            let other = Bench { keys: bench.keys.clone(), ..Bench::new() };
            note_of(&other)
        }
        other => panic!("{other}"),
    };
    if case.log != "whole" {
        fs::remove_dir_all(bench.directory()).unwrap();
        copy(&snapshot, bench.directory().to_owned());
    }
    if case.log == "grown_snapshot" {
        let (log, _) = bench.open().unwrap();
        grow(&log, 100, "ana");
        log.close();
    }
    let request = VerifyRequest { checkpoint: Some(held), ..VerifyRequest::directory(bench.directory()) };
    let error: VerifyError = verify(&request).unwrap_err();
    assert!(error.to_string().contains(&case.says), "{case:?}: {error}");
}

fn note_of(bench: &Bench) -> String {
    let (log, _) = bench.open().unwrap();
    grow(&log, 500, "eve");
    log.close();
    log.checkpoint_note()
}

fn clock(case: &Case) {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    let mut told = Vec::new();
    for number in 0..4 {
        let receipt = run(log.refused(refused("ana", number))).unwrap();
        assert_eq!(receipt.index(), number, "{case:?}");
        told.push(bench.clock.0.load(Ordering::Relaxed));
        let now =
            told[0].checked_add_signed(case.seconds * 1000 * (number as i64 % 2 + 1)).unwrap_or_default();
        bench.clock.0.store(now, Ordering::Relaxed);
    }
    log.close();
    let records = log.tail(10).unwrap();
    assert_eq!(records.iter().map(|record| record.time.0).collect::<Vec<_>>(), told);
    assert_eq!(told[0], NOON);
    let verified = verify(&VerifyRequest::directory(bench.directory())).unwrap();
    assert_eq!(verified.records, 4, "{case:?}");
    bench.open().unwrap();
}

fn erase(case: &Case) {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    let receipt = call(&log, &case.person, 1);
    let (size, root) = (2, log.root(2).unwrap());
    let path = log.inclusion_proof(receipt.outcome_index(), size).unwrap();
    let person = Person::of(&who(&case.person).principal);
    let event = OperatorEvent::SubjectErased { by: None, person: person.clone(), reason: None };
    let recorded = run(log.record(event)).unwrap();
    assert!(log.erase(&person.tenant, &person.person).unwrap());
    let shown = &log.show(call_id(1)).unwrap()[0];
    assert_eq!(shown.body["actor"]["user"]["name"], "(erased)");
    assert_eq!(log.tail(1).unwrap()[0].index, recorded.index());
    assert_eq!(log.inclusion_proof(receipt.outcome_index(), size).unwrap(), path);
    assert!(verify_inclusion(receipt.leaf(), receipt.outcome_index(), size, &path, &root));
    log.close();
    let request =
        VerifyRequest { receipts: vec![receipt.to_file()], ..VerifyRequest::directory(bench.directory()) };
    verify(&request).unwrap();
}
