//! Checkpoints, read by code that is not ours.

use crate::support::{Bench, call};
use audit::{Pace, VerifierKey};
use signed_note::{Note, StandardVerifier, VerifierList};
use std::time::{Duration, Instant};

#[test]
fn another_implementation_of_signed_notes_verifies_the_checkpoint() {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    call(&log, "ana", 1);
    log.close();
    #[allow(clippy::disallowed_methods, reason = "the test reads the files as an auditor does")]
    let (note, key) = (
        std::fs::read(bench.directory().join("checkpoint")).unwrap(),
        std::fs::read_to_string(bench.directory().join("checkpoint.pub")).unwrap(),
    );
    let verifier = StandardVerifier::new(key.trim()).unwrap();
    let note = Note::from_bytes(&note).unwrap();
    let (verified, unknown) = note.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!((verified.len(), unknown.len()), (1, 0));
    let text = String::from_utf8(note.text().to_vec()).unwrap();
    assert!(text.starts_with("secure-mcp/node-1\n2\n"), "{text}");
    assert_eq!(key.trim().parse::<VerifierKey>().unwrap(), log.public_key());
}

#[test]
fn a_thousand_records_are_signed_at_once() {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    std::thread::scope(|scope| {
        for caller in 0..8u64 {
            let log = &log;
            scope.spawn(move || (0..70).for_each(|number| drop(call(log, "ana", caller * 100 + number))));
        }
    });
    assert_eq!(log.checkpoint().size, 1000);
}

#[test]
fn a_second_is_enough_for_a_signature_and_a_quiet_log_is_not_signed_again() {
    let mut bench = Bench::new();
    bench.config.pace = Pace::default();
    let (log, _) = bench.open().unwrap();
    call(&log, "ana", 1);
    let start = Instant::now();
    while log.checkpoint().size < 2 {
        assert!(start.elapsed() < Duration::from_secs(10), "no checkpoint");
        std::thread::yield_now();
    }
    let note = log.checkpoint_note();
    log.close();
    assert_eq!(log.checkpoint_note(), note);
}
