//! The keys that signed the log, one after another: each old key says which comes next and from where on.
//!
//! A statement is a signed note of five lines (origin, `key rotation`, size, old key, new key), signed by
//! both keys. So whoever kept any one of the keys can follow the chain in both directions, and an old key
//! is believed for what it signed in its time and for nothing later.

#[cfg(test)]
mod tests;

use crate::note::{Checkpoint, NoteError, VerifierKey, parse_checkpoint, signature_line};
use secrets::{KeyError, SigningKey};

const TITLE: &str = "key rotation";
/// Lines of one statement: five, an empty one, two signatures.
const STATEMENT_LINES: usize = 8;

/// A key and the sizes that it signs for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Link {
    key: VerifierKey,
    from: u64,
    until: u64,
}

/// Every key of a log, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChain {
    links: Vec<Link>,
    statements: String,
}

impl KeyChain {
    /// A chain of one key.
    pub fn of(key: VerifierKey) -> Self {
        Self { links: vec![Link { key, from: 0, until: u64::MAX }], statements: String::new() }
    }

    /// The chain of the statements, which ends with `last`.
    pub(crate) fn read(statements: &str, last: &VerifierKey) -> Result<Self, NoteError> {
        let mut chain: Option<Self> = None;
        let lines: Vec<&str> = statements.split_inclusive('\n').collect();
        let parts = lines.chunks_exact(STATEMENT_LINES);
        if !parts.remainder().is_empty() {
            return Err(NoteError::Malformed);
        }
        for part in parts {
            let text = part.concat();
            let (size, old, new) = read_statement(&text)?;
            let so_far = chain.take().unwrap_or_else(|| Self::of(old.clone()));
            if so_far.last() != &old {
                return Err(NoteError::NotSigned);
            }
            chain = Some(so_far.extended(size, new, &text)?);
        }
        let chain = chain.unwrap_or_else(|| Self::of(last.clone()));
        if chain.last() == last { Ok(chain) } else { Err(NoteError::NotSigned) }
    }

    fn extended(mut self, size: u64, new: VerifierKey, statement: &str) -> Result<Self, NoteError> {
        let last = self.links.last_mut().ok_or(NoteError::Malformed)?;
        if size < last.from || new.name != last.key.name {
            return Err(NoteError::Malformed);
        }
        last.until = size;
        self.links.push(Link { key: new, from: size, until: u64::MAX });
        self.statements.push_str(statement);
        Ok(self)
    }

    /// The chain with one key more, which signs from `size` on.
    pub(crate) fn rotated(&self, size: u64, old: &SigningKey, new: &SigningKey) -> Result<Self, KeyError> {
        let origin = &self.last().name;
        let next = VerifierKey { name: origin.clone(), key: new.public_key() };
        let body = format!("{origin}\n{TITLE}\n{size}\n{}\n{next}\n", self.last());
        let signed = |key| signature_line(origin, &body, key);
        let statement = format!("{body}\n{}{}", signed(old)?, signed(new)?);
        self.clone()
            .extended(size, next, &statement)
            .map_err(|_| KeyError::Library { action: "rotate the key" })
    }

    /// The key that signs now.
    #[expect(clippy::expect_used, reason = "a chain is made with a key and never loses one")]
    pub fn last(&self) -> &VerifierKey {
        &self.links.last().expect("a chain has a key").key
    }

    /// The statements, oldest first; empty if the key never changed.
    pub(crate) fn statements(&self) -> &str {
        &self.statements
    }

    /// True if the key signed the log at some time.
    pub fn has(&self, key: &VerifierKey) -> bool {
        self.links.iter().any(|link| link.key == *key)
    }

    /// The checkpoint that the note signs with the key of its time.
    pub fn open(&self, note: &str) -> Result<Checkpoint, NoteError> {
        let size = parse_checkpoint(note)?.size;
        let mut error = NoteError::NotSigned;
        for link in self.links.iter().filter(|link| (link.from..=link.until).contains(&size)) {
            match link.key.open(note) {
                Err(NoteError::NotSigned) => {}
                Err(other) => error = other,
                good => return good,
            }
        }
        Err(error)
    }
}

/// Size, old key and new key of a statement that both signed.
fn read_statement(text: &str) -> Result<(u64, VerifierKey, VerifierKey), NoteError> {
    let (body, _) = text.split_once("\n\n").ok_or(NoteError::Malformed)?;
    let lines: Vec<&str> = body.split('\n').collect();
    let [origin, TITLE, size, old, new] = lines.as_slice() else { return Err(NoteError::Malformed) };
    let (old, new): (VerifierKey, VerifierKey) = (old.parse()?, new.parse()?);
    if old.name != *origin || new.name != *origin {
        return Err(NoteError::ForeignOrigin);
    }
    old.verify(text)?;
    new.verify(text)?;
    Ok((size.parse().map_err(|_| NoteError::Malformed)?, old, new))
}
