//! Chains: followed from any key, and broken by anything that was not signed.

use super::KeyChain;
use crate::note::{Checkpoint, NoteError, VerifierKey};
use secrets::{KeyStore, SigningKey};

fn signer(home: &tempfile::TempDir, name: &str) -> KeyStore {
    KeyStore::open(&home.path().join(name)).unwrap()
}

fn verifier(key: &SigningKey) -> VerifierKey {
    VerifierKey { name: "secure-mcp/test".to_owned(), key: key.public_key() }
}

fn note(size: u64, key: &SigningKey) -> String {
    Checkpoint { origin: "secure-mcp/test".to_owned(), size, root: [7; 32] }.sign(key).unwrap()
}

#[test]
fn each_key_is_believed_for_its_time_and_the_chain_reads_back() {
    let home = tempfile::tempdir().unwrap();
    let [one, two, three] = ["one", "two", "three"].map(|name| signer(&home, name).checkpoint());
    let chain =
        KeyChain::of(verifier(&one)).rotated(10, &one, &two).unwrap().rotated(30, &two, &three).unwrap();
    assert_eq!(KeyChain::read(chain.statements(), &verifier(&three)).unwrap(), chain);
    for (size, key, good) in [
        (5, &one, true),
        (10, &one, true),
        (11, &one, false),
        (9, &two, false),
        (10, &two, true),
        (30, &two, true),
        (31, &two, false),
        (29, &three, false),
        (30, &three, true),
        (u64::MAX, &three, true),
    ] {
        assert_eq!(chain.open(&note(size, key)).is_ok(), good, "{size}");
    }
    for key in [&one, &two, &three] {
        assert!(chain.has(&verifier(key)));
    }
    assert!(!chain.has(&verifier(&signer(&home, "four").checkpoint())));
}

#[test]
fn a_statement_that_one_of_the_keys_did_not_sign_breaks_the_chain() {
    let home = tempfile::tempdir().unwrap();
    let [one, two, thief] = ["one", "two", "thief"].map(|name| signer(&home, name).checkpoint());
    let chain = KeyChain::of(verifier(&one)).rotated(10, &one, &two).unwrap();
    let text = chain.statements().to_owned();
    let last = verifier(&two);
    // Somebody with the files and a key of their own.
    let stolen = KeyChain::of(verifier(&one)).rotated(10, &thief, &thief).unwrap().statements().to_owned();
    assert!(KeyChain::read(&stolen, &verifier(&thief)).is_err());
    assert_eq!(KeyChain::read(&text, &verifier(&thief)).unwrap_err(), NoteError::NotSigned);
    assert_eq!(KeyChain::read("", &verifier(&two)).unwrap(), KeyChain::of(verifier(&two)));
    for (at, sign) in text.char_indices() {
        let other = if sign == 'A' { 'B' } else { 'A' };
        let changed = format!("{}{other}{}", &text[..at], &text[at + sign.len_utf8()..]);
        assert!(KeyChain::read(&changed, &last).is_err(), "{at}: {changed}");
    }
    assert!(KeyChain::read(&text[..text.len() - 20], &last).is_err());
}
