//! The folder on disk: what is read, and what is refused before it is read.

use authz::{PolicyError, PolicyFiles};
use std::fs;
use std::path::Path;

fn folder_with(change: impl FnOnce(&Path)) -> Result<PolicyFiles, PolicyError> {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["schema.cedarschema", "roles.toml", "data.toml"] {
        fs::write(folder.path().join(name), "").expect("a file");
    }
    change(folder.path());
    PolicyFiles::read(folder.path())
}

fn refused(change: impl FnOnce(&Path)) -> String {
    folder_with(change).expect_err("a refusal").to_string()
}

#[test]
fn a_folder_with_tests_notes_and_hidden_files_is_read() {
    let read = folder_with(|folder| {
        fs::create_dir_all(folder.join("tests/one")).expect("a folder");
        fs::write(folder.join("tests/one/request.json"), "{}").expect("a file");
        fs::write(folder.join("README.md"), "").expect("a file");
        fs::write(folder.join(".gitignore"), "").expect("a file");
        fs::write(folder.join("rules.cedar"), "").expect("a file");
    });
    assert!(read.is_ok());
}

#[test]
fn a_folder_that_is_not_there_is_named_with_its_cause() {
    let error = PolicyFiles::read(Path::new("/nowhere/policies")).expect_err("a refusal");
    assert_eq!(error.to_string(), "policy file or folder `/nowhere/policies` cannot be read");
    assert!(std::error::Error::source(&error).is_some());
    assert!(error.hint().contains("may read it"));
}

#[test]
fn a_file_of_an_unknown_name_is_refused() {
    let write = |name: &'static str| move |folder: &Path| fs::write(folder.join(name), "").expect("a file");
    assert!(refused(write("rules.cedr")).contains("rules.cedr"));
    let error = folder_with(write("role.toml")).expect_err("a refusal");
    assert_eq!(error.hint(), "did you mean `roles.toml`?");
    let error = refused(|folder| {
        fs::create_dir_all(folder.join("tests/one/deeper")).expect("a folder");
    });
    assert!(error.contains("nested too deep"), "{error}");
}

#[test]
fn a_missing_file_is_named() {
    let error = refused(|folder| fs::remove_file(folder.join("data.toml")).expect("removed"));
    assert_eq!(error, "data.toml: the file is missing");
}

#[cfg(unix)]
#[test]
fn a_link_is_refused() {
    let error = refused(|folder| {
        std::os::unix::fs::symlink("/etc/passwd", folder.join("rules.cedar")).expect("a link");
    });
    assert_eq!(error, "rules.cedar: not a regular file");
}

#[test]
fn a_file_without_measure_is_refused() {
    let error = refused(|folder| fs::write(folder.join("rules.cedar"), vec![b' '; 5 << 20]).expect("a file"));
    assert!(error.contains("larger than"), "{error}");
}
