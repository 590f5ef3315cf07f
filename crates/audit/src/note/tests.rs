//! Checkpoints: five lines, keys, forgeries.

use super::*;
use secrets::KeyStore;

struct Signer {
    _home: tempfile::TempDir,
    keys: KeyStore,
}

fn signer() -> Signer {
    let home = tempfile::tempdir().unwrap();
    let keys = KeyStore::open(&home.path().join("keys")).unwrap();
    Signer { _home: home, keys }
}

impl Signer {
    fn note(&self, origin: &str, size: u64) -> String {
        let checkpoint = Checkpoint { origin: origin.to_owned(), size, root: [7; 32] };
        checkpoint.sign(&self.keys.checkpoint()).unwrap()
    }

    fn key(&self, name: &str) -> VerifierKey {
        VerifierKey { name: name.to_owned(), key: self.keys.checkpoint().public_key() }
    }
}

#[test]
fn a_note_has_five_lines_and_opens_with_its_key() {
    let signer = signer();
    let note = signer.note("secure-mcp/a", 42);
    assert_eq!(note.lines().count(), NOTE_LINES);
    let checkpoint = signer.key("secure-mcp/a").open(&note).unwrap();
    assert_eq!((checkpoint.size, checkpoint.root), (42, [7; 32]));
}

#[test]
fn other_logs_keys_and_forgeries_are_told_apart() {
    let (own, other) = (signer(), signer());
    let key = own.key("secure-mcp/a");
    let note = own.note("secure-mcp/a", 42);
    assert_eq!(key.open(&own.note("secure-mcp/b", 42)), Err(NoteError::ForeignOrigin));
    assert_eq!(key.open(&other.note("secure-mcp/a", 42)), Err(NoteError::NotSigned));
    assert_eq!(key.open(&note.replacen("42", "43", 1)), Err(NoteError::Forged));
    for bad in [
        "",
        "x",
        "secure-mcp/a\n42\n",
        &note[..note.len() - 1],
        &note.replacen("42", "042", 1),
        &note.replacen("42", "+42", 1),
    ] {
        assert_eq!(key.open(bad), Err(NoteError::Malformed), "{bad}");
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let signer = signer();
    let key = signer.key("secure-mcp/a");
    let note = signer.note("secure-mcp/a", 42);
    for bit in 0..note.len() * 8 {
        let mut bytes = note.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(key.open(&String::from_utf8_lossy(&bytes)).is_err(), "bit {bit}");
    }
}

#[test]
fn a_signature_of_a_witness_beside_the_logs_does_no_harm() {
    let (own, witness) = (signer(), signer());
    let note = own.note("secure-mcp/a", 42);
    let line = witness.note("secure-mcp/a", 42).lines().last().unwrap().replace("secure-mcp/a", "witness");
    let both = format!("{note}{line}\n");
    assert_eq!(own.key("secure-mcp/a").open(&both).unwrap().size, 42);
}

#[test]
fn a_public_key_reads_back_and_a_changed_one_does_not() {
    let key = signer().key("secure-mcp/a");
    let text = key.to_string();
    assert_eq!(text.parse::<VerifierKey>().unwrap(), key);
    for at in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert_ne!(changed.parse::<VerifierKey>().ok(), Some(key.clone()), "{changed}");
    }
}

#[test]
fn a_history_gives_its_whole_notes_only() {
    let signer = signer();
    let (first, second) = (signer.note("secure-mcp/a", 1), signer.note("secure-mcp/a", 2));
    let history = format!("{first}{second}");
    assert_eq!(notes_in(&history).collect::<Vec<_>>(), [first.as_str(), second.as_str()]);
    assert_eq!(notes_in(&history[..history.len() - 1]).count(), 1);
    assert_eq!(notes_in("").count(), 0);
}
