//! Changing the key that signs: who kept any of the keys can check everything that all of them signed.

#![allow(clippy::disallowed_methods, reason = "the tests look at the files from outside")]

use crate::support::{Bench, call, refused, run};
use audit::{VerifierKey, VerifyError, VerifyRequest, VerifySource, export, export_tiles, verify};
use signed_note::{Note, StandardVerifier, VerifierList};
use std::fs;

#[test]
fn a_log_of_three_keys_holds_for_whoever_kept_any_of_them() {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    let mut kept = vec![log.public_key()];
    let receipt = call(&log, "ana", 1);
    let note_of_the_first = {
        log.close();
        fs::read_to_string(bench.directory().join("checkpoint")).unwrap()
    };
    drop(log);
    for number in 2..4 {
        let (log, _) = bench.open().unwrap();
        run(log.refused(refused("ana", number))).unwrap();
        let (old, new) = log.rotate_key().unwrap();
        assert_eq!((&old, &new), (kept.last().unwrap(), &log.public_key()));
        kept.push(new);
        run(log.refused(refused("ana", 10 * number))).unwrap();
        log.close();
    }
    assert!(bench.open().is_ok());
    let exported = bench.home.path().join("log.export");
    export(bench.directory(), &exported).unwrap();
    for source in [VerifySource::Directory(bench.directory().to_owned()), VerifySource::Export(exported)] {
        for key in kept.iter().cloned().map(Some).chain([None]) {
            let request = VerifyRequest {
                source: source.clone(),
                checkpoint: Some(note_of_the_first.clone()),
                receipts: vec![receipt.to_file()],
                public_key: key,
            };
            assert_eq!(verify(&request).unwrap().records, 6);
        }
        // Another key vouches for nothing.
        let stranger = VerifierKey { key: [9; 32], ..kept[0].clone() };
        let request =
            VerifyRequest { source, checkpoint: None, receipts: Vec::new(), public_key: Some(stranger) };
        assert!(matches!(verify(&request).unwrap_err(), VerifyError::Checkpoint { .. }));
    }
    // A stock verifier reads the checkpoint of now with the key of now.
    let out = bench.home.path().join("tiles");
    export_tiles(bench.directory(), &out).unwrap();
    let verifier =
        StandardVerifier::new(fs::read_to_string(out.join("checkpoint.pub")).unwrap().trim()).unwrap();
    let note = Note::from_bytes(&fs::read(out.join("checkpoint")).unwrap()).unwrap();
    assert!(note.verify(&VerifierList::new(vec![Box::new(verifier)])).is_ok());
    assert_eq!(fs::read_to_string(out.join("checkpoint.keys")).unwrap().matches("key rotation").count(), 2);
}

#[test]
fn the_old_key_is_gone_and_a_statement_that_is_changed_keeps_the_log_from_opening() {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    call(&log, "ana", 1);
    let file = bench.home.path().join("keys/checkpoint-signing.pem");
    let old = fs::File::open(&file).unwrap();
    log.rotate_key().unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut &old, &mut bytes).unwrap();
    assert!(!bytes.is_empty() && bytes.iter().all(|byte| *byte == 0));
    log.close();
    drop(log);
    let statements = bench.directory().join("checkpoint.keys");
    let good = fs::read_to_string(&statements).unwrap();
    for bad in [good.replacen("\n2\n", "\n1\n", 1), String::new(), good[..good.len() - 9].to_owned()] {
        fs::write(&statements, &bad).unwrap();
        // Without any statement only what the old key signed is missed; a broken one stops the start.
        assert!(bad.is_empty() || bench.open().is_err());
        assert!(verify(&VerifyRequest::directory(bench.directory())).is_err());
    }
    fs::write(&statements, good).unwrap();
    assert!(bench.open().is_ok());
}
