//! Keys: files, modes, sealing, signing.

#![allow(clippy::disallowed_methods, reason = "the tests look at the files from outside")]

use crate::{KeyError, KeyStore, WrappingKey, random};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use std::collections::HashSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

fn home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn first_use_makes_closed_files() {
    let home = home();
    let keys = home.path().join("deep/keys");
    KeyStore::open(&keys).unwrap();
    assert_eq!(fs::metadata(&keys).unwrap().mode() & 0o777, 0o700);
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(&keys).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().mode() & 0o777, 0o600);
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["checkpoint-signing.pem", "issuer-signing.pem", "key-encryption.key"]);
}

#[test]
fn second_use_finds_the_same_keys() {
    let home = home();
    let first = KeyStore::open(&home.path().join("keys")).unwrap();
    let sealed = first.seal(b"value", b"purpose").unwrap();
    let second = KeyStore::open(&home.path().join("keys")).unwrap();
    assert_eq!(second.unseal(&sealed, b"purpose").unwrap().as_slice(), b"value");
    assert_eq!(first.issuer().public_key(), second.issuer().public_key());
    assert_eq!(first.checkpoint().key_id(), second.checkpoint().key_id());
    assert_ne!(first.checkpoint().public_key(), first.issuer().public_key());
}

#[test]
fn many_first_uses_at_once_agree() {
    let home = home();
    let path = home.path().join("keys");
    fs::create_dir(&path).unwrap();
    set_mode(&path, 0o700);
    let found: HashSet<[u8; 32]> = std::thread::scope(|scope| {
        let openers: Vec<_> =
            (0..8).map(|_| scope.spawn(|| KeyStore::open(&path).unwrap().issuer().public_key())).collect();
        openers.into_iter().map(|opener| opener.join().unwrap()).collect()
    });
    assert_eq!(found.len(), 1);
    assert_eq!(fs::read_dir(&path).unwrap().count(), 3, "no temporary file stays");
}

#[test]
fn open_modes_are_refused_with_the_fix() {
    let home = home();
    let path = home.path().join("keys");
    KeyStore::open(&path).unwrap();
    set_mode(&path, 0o750);
    let error = KeyStore::open(&path).unwrap_err();
    assert!(matches!(error, KeyError::TooOpen { mode: 0o750, .. }), "{error}");
    set_mode(&path, 0o700);
    set_mode(&path.join("issuer-signing.pem"), 0o640);
    let error = KeyStore::open(&path).unwrap_err();
    assert!(error.to_string().ends_with("is open to others (mode 640)"), "{error}");
    assert!(error.hint().contains("chmod 600"), "{}", error.hint());
}

#[test]
fn links_and_damaged_files_are_refused() {
    let home = home();
    let path = home.path().join("keys");
    KeyStore::open(&path).unwrap();
    let file = path.join("checkpoint-signing.pem");
    let good = fs::read(&file).unwrap();
    fs::write(&file, "no key").unwrap();
    assert!(matches!(KeyStore::open(&path).unwrap_err(), KeyError::Damaged { .. }));
    fs::remove_file(&file).unwrap();
    let elsewhere = home.path().join("elsewhere.pem");
    fs::write(&elsewhere, good).unwrap();
    set_mode(&elsewhere, 0o600);
    symlink(&elsewhere, &file).unwrap();
    assert!(matches!(KeyStore::open(&path).unwrap_err(), KeyError::NotRegular { .. }));
}

#[test]
fn foreign_owner_is_refused() {
    if !rustix::process::geteuid().is_root() {
        // Only root can give a file away; the check itself is the same comparison for everybody.
        return;
    }
    let home = home();
    let path = home.path().join("keys");
    KeyStore::open(&path).unwrap();
    std::os::unix::fs::chown(path.join("key-encryption.key"), Some(12345), None).unwrap();
    assert!(matches!(KeyStore::open(&path).unwrap_err(), KeyError::ForeignOwner { owner: 12345, .. }));
}

#[test]
fn sealed_values_open_for_their_purpose_only() {
    let home = home();
    let keys = KeyStore::open(home.path().join("keys").as_path()).unwrap();
    let sealed = keys.seal(b"value", b"purpose").unwrap();
    assert!(matches!(keys.unseal(&sealed, b"other purpose").unwrap_err(), KeyError::Unseal));
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(keys.unseal(&changed, b"purpose").is_err(), "byte {at}");
        assert!(keys.unseal(&sealed[..at], b"purpose").is_err(), "cut at {at}");
    }
    let other = KeyStore::open(home.path().join("other").as_path()).unwrap();
    assert!(other.unseal(&sealed, b"purpose").is_err());
}

#[test]
fn a_wrapped_data_key_is_the_same_key() {
    let home = home();
    let keys = KeyStore::open(home.path().join("keys").as_path()).unwrap();
    let key = keys.new_data_key().unwrap();
    let sealed = key.seal(b"ana", b"name").unwrap();
    let wrapping = keys.new_wrapping_key().unwrap();
    let wrapped = wrapping.wrap(&key, b"subject 1").unwrap();
    assert!(wrapping.unwrap_key(&wrapped, b"subject 2").is_err());
    let other = keys.new_wrapping_key().unwrap();
    assert!(other.unwrap_key(&wrapped, b"subject 1").is_err());
    let name = WrappingKey::name_of(&wrapped).unwrap();
    assert_eq!(name, wrapping.name());
    let again = keys.wrapping_key(&name).unwrap().unwrap_key(&wrapped, b"subject 1").unwrap();
    assert_eq!(again.unseal(&sealed, b"name").unwrap().as_slice(), b"ana");
}

#[test]
fn a_destroyed_wrapping_key_opens_nothing_and_its_bytes_are_overwritten() {
    let home = home();
    let path = home.path().join("keys");
    let keys = KeyStore::open(&path).unwrap();
    let wrapping = keys.new_wrapping_key().unwrap();
    let file = path.join(format!("subjects-{}.key", wrapping.name()));
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    // A second name shows what became of the bytes.
    let kept = home.path().join("kept");
    fs::hard_link(&file, &kept).unwrap();
    keys.destroy_wrapping_key(&wrapping.name()).unwrap();
    assert!(!file.exists() && fs::read(&kept).unwrap().iter().all(|byte| *byte == 0));
    assert!(matches!(keys.wrapping_key(&wrapping.name()).unwrap_err(), KeyError::Damaged { .. }));
    keys.destroy_wrapping_key(&wrapping.name()).unwrap();
    assert!(matches!(keys.wrapping_key("../x").unwrap_err(), KeyError::Damaged { .. }));
}

#[test]
fn nonces_never_come_twice() {
    let home = home();
    let keys = KeyStore::open(home.path().join("keys").as_path()).unwrap();
    let key = keys.new_data_key().unwrap();
    let nonces: HashSet<Vec<u8>> = (0..10_000).map(|_| key.seal(b"", b"").unwrap()[..12].to_vec()).collect();
    assert_eq!(nonces.len(), 10_000);
}

#[test]
fn signatures_verify_with_the_public_key() {
    let home = home();
    let keys = KeyStore::open(home.path().join("keys").as_path()).unwrap();
    let signature = keys.checkpoint().sign(b"message").unwrap();
    let public = keys.checkpoint().public_key();
    assert!(UnparsedPublicKey::new(&ED25519, public).verify(b"message", &signature).is_ok());
    assert!(UnparsedPublicKey::new(&ED25519, public).verify(b"messagE", &signature).is_err());
}

#[test]
fn the_next_checkpoint_key_takes_the_place_of_the_old_one_which_is_overwritten() {
    let home = home();
    let path = home.path().join("keys");
    let keys = KeyStore::open(&path).unwrap();
    assert!(keys.pending_checkpoint().unwrap().is_none());
    let (old, next) = (keys.checkpoint().public_key(), keys.next_checkpoint().unwrap().public_key());
    assert_ne!(old, next);
    assert_eq!(keys.pending_checkpoint().unwrap().unwrap().public_key(), next);
    assert_eq!(KeyStore::open(&path).unwrap().checkpoint().public_key(), old, "not before it is adopted");
    let kept = home.path().join("kept");
    fs::hard_link(path.join("checkpoint-signing.pem"), &kept).unwrap();
    keys.adopt_next_checkpoint().unwrap();
    assert!(fs::read(&kept).unwrap().iter().all(|byte| *byte == 0));
    assert_eq!(keys.checkpoint().public_key(), next);
    assert_eq!(KeyStore::open(&path).unwrap().checkpoint().public_key(), next);
    assert!(keys.pending_checkpoint().unwrap().is_none());
}

#[test]
fn nothing_prints_a_key() {
    let home = home();
    let keys = KeyStore::open(home.path().join("keys").as_path()).unwrap();
    let shown = format!("{keys:?} {:?} {:?}", keys.new_data_key().unwrap(), keys.issuer().pkcs8());
    let text = fs::read_to_string(home.path().join("keys/key-encryption.key")).unwrap();
    assert!(!shown.contains(text.trim()));
    assert!(shown.contains("DataKey(…)") && shown.contains("Secret(…)"), "{shown}");
}

#[test]
fn chance_differs() {
    assert_ne!(random::<16>().unwrap(), random::<16>().unwrap());
}
