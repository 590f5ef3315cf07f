//! A secret comes out of a file that its owner alone can read.

use settings::{SecretReadError, SecretReference};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

fn written(bytes: &[u8], mode: u32) -> (tempfile::TempDir, SecretReference) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, bytes).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    (folder, SecretReference::File(path))
}

#[test]
fn the_secret_is_read_without_its_line_break() {
    for (bytes, secret) in
        [(&b"s3cret\n"[..], &b"s3cret"[..]), (b"s3cret\r\n", b"s3cret"), (b"s3\ncret\n\n", b"s3\ncret\n")]
    {
        let (_folder, reference) = written(bytes, 0o600);
        assert_eq!(reference.read().unwrap().expose(), secret);
    }
}

#[test]
fn a_file_open_to_others_is_refused() {
    for mode in [0o644, 0o640, 0o604, 0o620, 0o610] {
        let (_folder, reference) = written(b"s3cret", mode);
        assert!(
            matches!(reference.read(), Err(SecretReadError::OpenToOthers { mode: found, .. }) if found == mode)
        );
    }
}

#[test]
fn what_is_no_secret_is_refused() {
    for bytes in [&b""[..], b"\n", &[b'x'; 65_537]] {
        let (_folder, reference) = written(bytes, 0o600);
        assert!(matches!(reference.read(), Err(SecretReadError::NotASecret { .. })));
    }
    let folder = tempfile::tempdir().unwrap();
    let reference = SecretReference::File(folder.path().to_owned());
    assert!(matches!(reference.read(), Err(SecretReadError::NotASecret { .. })));
    let reference = SecretReference::File(folder.path().join("none"));
    assert!(matches!(reference.read(), Err(SecretReadError::Unreadable { .. })));
}
