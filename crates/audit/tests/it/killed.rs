//! `kill -9` under load: every answer is in the log, and the log starts by itself.

#![allow(clippy::disallowed_methods, reason = "the test starts the process that it kills")]

use audit::{Audit, AuditConfig, Event, Pace, VerifyRequest, verify};
use domain::{CallId, SystemClock};
use secrets::KeyStore;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;

/// How often to kill: a few times here, more where the long tests run.
fn kills() -> u64 {
    std::env::var("AUDIT_KILLS").map_or(20, |text| text.parse().unwrap())
}

#[test]
fn every_answered_call_survives_kill_9() {
    let home = tempfile::tempdir().unwrap();
    let mut answered: HashMap<CallId, (Option<u64>, Option<u64>)> = HashMap::new();
    let mut lines = 7919u64;
    for kill in 0..kills() {
        let mut child = Command::new(env!("CARGO_BIN_EXE_audit-writer"))
            .arg(home.path())
            .arg("16")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // After how many answers: from none to a few hundred, differently each time.
        lines = lines.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let after = (lines >> 33) % 400;
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let mut seen = 0;
        while output.read_line(&mut line).unwrap() > 0 {
            // The last line may be cut; it was answered only if it is whole.
            if let Some(whole) = line.strip_suffix('\n') {
                let words: Vec<&str> = whole.split(' ').collect();
                if let [word @ ("intent" | "outcome"), call, index] = words.as_slice() {
                    let entry = answered.entry(call.parse().unwrap()).or_default();
                    let place = if *word == "intent" { &mut entry.0 } else { &mut entry.1 };
                    *place = Some(index.parse().unwrap());
                }
            }
            line.clear();
            if seen == after {
                child.kill().unwrap();
            }
            seen += 1;
        }
        child.wait().unwrap();
        let verified = verify(&VerifyRequest::directory(home.path().join("audit")))
            .unwrap_or_else(|error| panic!("kill {kill}: {error}"));
        assert!(verified.records >= answered.len() as u64);
    }
    let keys = KeyStore::open(&home.path().join("keys")).unwrap();
    let mut config = AuditConfig::new(home.path().join("audit"), "child");
    config.pace = Pace { segment_bytes: 256 * 1024, ..Pace::default() };
    let (log, _) = Audit::open(config, &keys, Arc::new(SystemClock)).unwrap();
    for (call, (intent, outcome)) in &answered {
        let records = log.show(*call).unwrap();
        assert_eq!(
            records.len(),
            2,
            "{call}: {:?}",
            records.iter().map(|record| record.event).collect::<Vec<_>>()
        );
        // An outcome may be answered and its intent's line lost in the cut pipe; never the reverse order.
        if let Some(intent) = intent {
            assert_eq!((records[0].event, records[0].index), (Event::Intent, *intent));
        }
        if let Some(outcome) = outcome {
            assert_eq!((records[1].event, records[1].index), (Event::Outcome, *outcome));
        }
    }
    log.close();
    let verified = verify(&VerifyRequest::directory(home.path().join("audit"))).unwrap();
    assert_eq!(verified.signed_records, verified.records);
    println!("{} kills, {} calls answered, {} records", kills(), answered.len(), verified.records);
}
