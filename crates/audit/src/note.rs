//! Checkpoints as signed notes: C2SP tlog-checkpoint in C2SP signed-note, Ed25519 (type 0x01).
//!
//! Five lines: origin, size, root in base64, an empty line, and the signature line. The key's name
//! is the origin.

#[cfg(test)]
mod tests;

use crate::tree::{HASH_BYTES, Hash};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Digest;
use secrets::{KeyError, SigningKey};
use std::fmt;

/// C2SP signed-note's byte for Ed25519.
const ED25519_TYPE: u8 = 1;
const KEY_HASH_BYTES: usize = 4;
const SIGNATURE_BYTES: usize = 64;
/// A note of ours has about 250 bytes; witnesses may add signatures.
const MAX_NOTE_BYTES: usize = 16 * 1024;
/// Lines of a note with one signature.
pub(crate) const NOTE_LINES: usize = 5;

/// Size and root of the log at a moment, as its key signed them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// `secure-mcp/<node>`
    pub origin: String,
    /// Records in the log.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
}

impl Checkpoint {
    fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// The signed note.
    pub(crate) fn sign(&self, key: &SigningKey) -> Result<String, KeyError> {
        let body = self.body();
        Ok(format!("{body}\n{}", signature_line(&self.origin, &body, key)?))
    }
}

/// The line that signs `body` under the key's name.
pub(crate) fn signature_line(name: &str, body: &str, key: &SigningKey) -> Result<String, KeyError> {
    let public = VerifierKey { name: name.to_owned(), key: key.public_key() };
    let mut signature = public.hash().to_vec();
    signature.extend_from_slice(&key.sign(body.as_bytes())?);
    Ok(format!("— {name} {}\n", STANDARD.encode(signature)))
}

/// What a note says, whoever signed it.
pub(crate) fn parse_checkpoint(note: &str) -> Result<Checkpoint, NoteError> {
    let (body, _) = note.split_once("\n\n").ok_or(NoteError::Malformed)?;
    parse_body(&format!("{body}\n")).ok_or(NoteError::Malformed)
}

/// Why a note is no checkpoint of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not the form of a signed checkpoint.
    #[error("not a signed checkpoint")]
    Malformed,
    /// A checkpoint of another log.
    #[error("the checkpoint is of another log")]
    ForeignOrigin,
    /// None of its signatures is by the key.
    #[error("the checkpoint is not signed by the log's key")]
    NotSigned,
    /// A signature says that it is by the key, and is not.
    #[error("the checkpoint's signature is forged")]
    Forged,
}

/// A public key in the form of C2SP signed-note: `<name>+<hash>+<base64>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    /// The key's name: the log's origin.
    pub name: String,
    /// The Ed25519 public key.
    pub key: [u8; 32],
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ED25519_TYPE], self.key.as_slice()].concat();
        write!(out, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.hash()), STANDARD.encode(key))
    }
}

impl std::str::FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.trim().splitn(3, '+');
        let (name, hash, key) = (parts.next(), parts.next(), parts.next());
        let (Some(name), Some(hash), Some(key)) = (name, hash, key) else { return Err(NoteError::Malformed) };
        let bytes = STANDARD.decode(key).map_err(|_| NoteError::Malformed)?;
        let (&kind, key) = bytes.split_first().ok_or(NoteError::Malformed)?;
        let key = key.try_into().map_err(|_| NoteError::Malformed)?;
        let parsed = Self { name: name.to_owned(), key };
        let same_hash = format!("{:08x}", u32::from_be_bytes(parsed.hash())) == hash;
        if kind != ED25519_TYPE || !is_origin(name) || !same_hash {
            return Err(NoteError::Malformed);
        }
        Ok(parsed)
    }
}

impl VerifierKey {
    /// The first four bytes of SHA-256(name, newline, type, key). C2SP signed-note.
    fn hash(&self) -> [u8; KEY_HASH_BYTES] {
        let digest = Digest::of(&[self.name.as_bytes(), b"\n", &[ED25519_TYPE], &self.key].concat());
        digest.as_bytes().first_chunk().copied().unwrap_or_default()
    }

    /// The checkpoint that the note signs with this key. Other keys' signatures beside it are left alone.
    pub fn open(&self, note: &str) -> Result<Checkpoint, NoteError> {
        if note.len() > MAX_NOTE_BYTES {
            return Err(NoteError::Malformed);
        }
        let checkpoint = parse_checkpoint(note)?;
        if checkpoint.origin != self.name {
            return Err(NoteError::ForeignOrigin);
        }
        self.verify(note)?;
        Ok(checkpoint)
    }

    /// That the note, whatever it says, is signed with this key.
    pub(crate) fn verify(&self, note: &str) -> Result<(), NoteError> {
        let (body, signatures) = note.split_once("\n\n").ok_or(NoteError::Malformed)?;
        let body = format!("{body}\n");
        let signatures = signatures.strip_suffix('\n').ok_or(NoteError::Malformed)?;
        for line in signatures.split('\n') {
            let (name, signature) =
                line.strip_prefix("— ").and_then(|line| line.split_once(' ')).ok_or(NoteError::Malformed)?;
            let signature = STANDARD.decode(signature).map_err(|_| NoteError::Malformed)?;
            let (hash, signature) =
                signature.split_first_chunk::<KEY_HASH_BYTES>().ok_or(NoteError::Malformed)?;
            if name != self.name || *hash != self.hash() {
                continue;
            }
            let key = UnparsedPublicKey::new(&ED25519, &self.key);
            let good = signature.len() == SIGNATURE_BYTES && key.verify(body.as_bytes(), signature).is_ok();
            return if good { Ok(()) } else { Err(NoteError::Forged) };
        }
        Err(NoteError::NotSigned)
    }
}

fn parse_body(body: &str) -> Option<Checkpoint> {
    let mut lines = body.split('\n');
    let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
    let number: u64 = size.parse().ok()?;
    let root: [u8; HASH_BYTES] = STANDARD.decode(root).ok()?.try_into().ok()?;
    // One number has one form: no sign, no leading zero.
    (is_origin(origin) && number.to_string() == size).then(|| Checkpoint {
        origin: origin.to_owned(),
        size: number,
        root,
    })
}

/// C2SP signed-note: a key's name has no space and no plus.
fn is_origin(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|sign| sign.is_whitespace() || sign == '+')
}

/// The notes of a history file, one after another; what follows the last whole one is left out.
pub(crate) fn notes_in(history: &str) -> impl Iterator<Item = &str> {
    let mut rest = history;
    std::iter::from_fn(move || {
        let end = rest.match_indices('\n').nth(NOTE_LINES - 1).map(|(at, _)| at + 1)?;
        let (note, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(note)
    })
}
