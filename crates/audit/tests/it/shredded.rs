//! An erased person: nothing that is left on disk opens their fields, also not beside old copies of the
//! log; every proof is as before; whoever comes back is somebody new.

#![allow(clippy::disallowed_methods, reason = "the tests look at the files from outside")]

use crate::support::{Bench, call, call_id, copy, outcome, run, who};
use audit::{
    Audit, AuditConfig, AuditError, OperatorEvent, Person, VerifyRequest, verify, verify_consistency,
    verify_inclusion,
};
use secrets::KeyStore;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

fn erase(log: &Audit, person: &str) {
    let subject = Person::of(&who(person).principal);
    let event = OperatorEvent::SubjectErased { by: Some(who("root")), person: subject.clone(), reason: None };
    run(log.record(event)).unwrap();
    assert!(log.erase(&subject.tenant, &subject.person).unwrap());
}

/// Every file below `directory`.
fn files(directory: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Opens a log of copied files with the keys of `keys`.
fn open_copy(bench: &Bench, directory: &Path, keys: &Path) -> Result<(Audit, audit::OpenReport), AuditError> {
    let keys = KeyStore::open(keys).unwrap();
    let config = AuditConfig { directory: directory.to_owned(), ..bench.config.clone() };
    Audit::open(config, &keys, Arc::clone(&bench.clock) as _)
}

#[test]
fn nothing_on_disk_opens_an_erased_person_and_every_proof_holds() {
    let mut bench = Bench::new();
    bench.config.pace.segment_bytes = 16 * 1024;
    let (log, _) = bench.open().unwrap();
    let receipts: Vec<_> = (0..40).map(|number| call(&log, "wilhelmina", number)).collect();
    call(&log, "ana", 100);
    let (size, root) = (40, log.root(40).unwrap());
    let leaf = *receipts[3].leaf();
    let path = log.inclusion_proof(receipts[3].outcome_index(), size).unwrap();

    // What an administrator may have kept: the log's folder, before and after, and the keys as they are.
    log.close();
    let before = copy(bench.directory(), bench.home.path().join("before"));
    drop(log);
    let (log, _) = bench.open().unwrap();
    let old_file = fs::File::open(bench.directory().join("subjects")).unwrap();
    let old_key = fs::read_dir(bench.home.path().join("keys"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_string_lossy().starts_with("subjects-"))
        .unwrap();
    let old_key_file = fs::File::open(&old_key).unwrap();
    erase(&log, "wilhelmina");

    // The bytes themselves are overwritten, and not only without a name.
    for (name, file) in [("subjects", old_file), ("the wrapping key", old_key_file)] {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut &file, &mut bytes).unwrap();
        assert_eq!(file.metadata().unwrap().nlink(), 0, "{name} has a name");
        assert!(!bytes.is_empty() && bytes.iter().all(|byte| *byte == 0), "{name} is not overwritten");
    }
    assert!(!old_key.exists());

    // The same proofs, made before and made now.
    assert!(verify_inclusion(&leaf, receipts[3].outcome_index(), size, &path, &root));
    assert_eq!(log.inclusion_proof(receipts[3].outcome_index(), size).unwrap(), path);
    let now = log.checkpoint().size;
    let consistency = log.consistency_proof(size, now).unwrap();
    assert!(verify_consistency(size, &root, now, &log.root(now).unwrap(), &consistency));

    // Nobody reads her, and everybody else is read.
    let name = |log: &Audit, number| log.show(call_id(number)).unwrap()[0].body["actor"]["user"].clone();
    assert_eq!((&name(&log, 3)["name"], &name(&log, 100)["name"]), (&"(erased)".into(), &"ana".into()));
    // Whoever comes back has a new key and a new pseudonym, and the old records stay closed.
    call(&log, "wilhelmina", 200);
    assert_eq!(name(&log, 200)["name"], "wilhelmina");
    assert_ne!(name(&log, 200)["uid"], name(&log, 3)["uid"]);
    log.close();
    drop(log);
    let (log, _) = bench.open().unwrap();
    assert_eq!(
        (&name(&log, 3)["name"], &name(&log, 200)["name"]),
        (&"(erased)".into(), &"wilhelmina".into())
    );
    log.close();
    drop(log);
    let request = VerifyRequest {
        receipts: vec![receipts[3].to_file()],
        ..VerifyRequest::directory(bench.directory())
    };
    verify(&request).unwrap();

    // An old copy of the whole log opens with no key that is left; nor do its segments beside the new keys.
    let keys = bench.home.path().join("keys");
    let error = open_copy(&bench, &before, &keys).err().unwrap();
    assert!(matches!(error, AuditError::Subjects { .. }), "{error}");
    fs::copy(bench.directory().join("subjects"), before.join("subjects")).unwrap();
    let (old, _) = open_copy(&bench, &before, &keys).unwrap();
    assert_eq!(name(&old, 3)["name"], "(erased)");
    old.close();

    // And no file of any kind holds the name, the wrapped key or the pseudonym's line.
    let mut all = Vec::new();
    files(bench.home.path(), &mut all);
    assert!(all.len() > 10);
    for file in all {
        let bytes = fs::read(&file).unwrap();
        assert!(!bytes.windows(10).any(|window| window == b"wilhelmina"), "{}", file.display());
    }
}

#[test]
fn a_call_that_runs_while_its_person_is_erased_still_ends() {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    let receipt = run(log.intent(crate::support::intent("wilhelmina", 1))).unwrap();
    erase(&log, "wilhelmina");
    run(log.outcome(receipt, outcome())).unwrap();
    assert_eq!(log.show(call_id(1)).unwrap().len(), 2);
    log.close();
    verify(&VerifyRequest::directory(bench.directory())).unwrap();
}
