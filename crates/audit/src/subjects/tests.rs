//! The file of subject keys: torn lines, erasure, pseudonyms.

use super::*;

fn keys(home: &tempfile::TempDir, name: &str) -> KeyStore {
    KeyStore::open(&home.path().join(name)).unwrap()
}

fn person(name: &str) -> SubjectName {
    SubjectName::Person("acme".parse().unwrap(), name.parse().unwrap())
}

/// The lines of the people, each batch written and synced before the next.
fn file_of(subjects: &Subjects, batches: &[&[&str]]) -> String {
    let mut file = String::new();
    for batch in batches {
        for name in *batch {
            subjects.of(&person(name)).unwrap();
        }
        let lines = subjects.pending().unwrap();
        file.push_str(&lines.text);
        subjects.written(&lines);
    }
    file
}

fn empty(keys: &KeyStore) -> Subjects {
    Subjects::load(b"", keys.clone()).unwrap().0
}

#[test]
fn subjects_read_back_and_keep_their_pseudonyms() {
    let home = tempfile::tempdir().unwrap();
    let keys = keys(&home, "keys");
    let subjects = empty(&keys);
    let file = file_of(&subjects, &[&["ana", "dev"], &["sam"]]);
    assert!(!file.contains("ana") && file.lines().count() == 3);
    let (again, length) = Subjects::load(file.as_bytes(), keys).unwrap();
    assert_eq!(length as usize, file.len());
    for name in ["ana", "dev", "sam"] {
        let (before, after) = (subjects.of(&person(name)).unwrap(), again.of(&person(name)).unwrap());
        assert_eq!(before.id, after.id);
        let sealed = before.seal("field", "value").unwrap();
        assert_eq!(after.unseal("field", &sealed).as_deref(), Some("value"));
        assert_eq!(after.unseal("other field", &sealed), None);
    }
    assert!(again.pending().unwrap().text.is_empty());
}

#[test]
fn lines_that_were_never_synced_are_left_out_and_no_others() {
    let home = tempfile::tempdir().unwrap();
    let keys = keys(&home, "keys");
    let file = file_of(&empty(&keys), &[&["ana", "dev"], &["sam", "root", "eve"]]);
    let lines: Vec<&str> = file.split_inclusive('\n').collect();
    let first_batch = lines[0].len() + lines[1].len();
    for cut in first_batch..file.len() {
        let (_, length) = Subjects::load(&file.as_bytes()[..cut], keys.clone()).unwrap();
        assert!(length as usize >= first_batch && length as usize <= cut);
    }
    // A hole in the last write, with a whole line after it.
    let mut torn = file.clone().into_bytes();
    torn[first_batch + 10..first_batch + 60].fill(0);
    assert_eq!(Subjects::load(&torn, keys.clone()).unwrap().1 as usize, first_batch);
    // The same hole in what was durable.
    let mut damaged = file.clone().into_bytes();
    damaged[lines[0].len() + 10..lines[0].len() + 60].fill(0);
    let error = Subjects::load(&damaged, keys).err().unwrap();
    assert!(matches!(error, AuditError::Subjects { line: 2 }), "{error}");
}

#[test]
fn a_wrong_key_is_an_error_and_never_an_empty_file() {
    let home = tempfile::tempdir().unwrap();
    let file = file_of(&empty(&keys(&home, "keys")), &[&["ana"]]);
    let error = Subjects::load(file.as_bytes(), keys(&home, "other")).err().unwrap();
    assert!(matches!(error, AuditError::Subjects { line: 1 }), "{error}");
}

#[test]
fn an_erased_subject_is_gone_from_the_file_and_the_rest_counts_as_durable() {
    let home = tempfile::tempdir().unwrap();
    let keys = keys(&home, "keys");
    let subjects = empty(&keys);
    let before = file_of(&subjects, &[&["ana", "dev", "sam"]]);
    let (ana, dev) = (subjects.of(&person("ana")).unwrap().id, subjects.of(&person("dev")).unwrap().id);
    // Somebody new, whose line is not in the file yet, comes into the new one.
    let eve = subjects.of(&person("eve")).unwrap().id;
    let erasure = subjects.without(&person("ana")).unwrap().unwrap();
    assert!(subjects.by_id(ana).is_some(), "nothing is erased before the file is in place");
    let file = erasure.file.clone();
    subjects.erased(erasure).unwrap();
    assert!(subjects.without(&person("ana")).unwrap().is_none() && subjects.by_id(ana).is_none());
    assert!(subjects.pending().unwrap().text.is_empty());
    assert!(before.contains(&ana.to_string()) && !file.contains(&ana.to_string()));
    let (again, _) = Subjects::load(file.as_bytes(), keys.clone()).unwrap();
    assert!(again.by_id(dev).is_some() && again.by_id(eve).is_some() && again.by_id(ana).is_none());
    // A copy of the old file opens with nothing that is left.
    let error = Subjects::load(before.as_bytes(), keys.clone()).err().unwrap();
    assert!(matches!(error, AuditError::Subjects { line: 1 }), "{error}");
    let damaged = file.replacen(' ', "x", 1);
    assert!(matches!(
        Subjects::load(damaged.as_bytes(), keys).err().unwrap(),
        AuditError::Subjects { line: 1 }
    ));
}

#[test]
fn an_erasure_that_was_cut_off_is_finished_by_the_next_start() {
    let home = tempfile::tempdir().unwrap();
    let keys = keys(&home, "keys");
    let subjects = empty(&keys);
    let before = file_of(&subjects, &[&["ana", "dev"]]);
    let erasure = subjects.without(&person("ana")).unwrap().unwrap();
    // The new file is in place; the old wrapping key is still there.
    assert!(Subjects::load(before.as_bytes(), keys.clone()).is_ok());
    Subjects::load(erasure.file.as_bytes(), keys.clone()).unwrap();
    assert!(Subjects::load(before.as_bytes(), keys).is_err());
}
