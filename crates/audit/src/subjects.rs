//! One key and one random pseudonym per person: what a record says of people opens with the key of
//! the person it is about, and is erased by destroying that key.
//!
//! The file `subjects` has one line per subject: version, how many lines were durable when it was
//! written, pseudonym, wrapped key, sealed name, check. It is appended before the first record that
//! needs the line, and rewritten only when a subject is erased. No line holds a name in clear.

#[cfg(test)]
mod tests;

use crate::AuditError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Digest, PersonId, TenantId};
use secrets::{DataKey, KeyError, KeyStore, random};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

const LINE_VERSION: &str = "1";

/// A subject's pseudonym and the name of its key: 16 random bytes, shown as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct KeyId(pub(crate) [u8; 16]);

impl fmt::Display for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl KeyId {
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let digits = text.len() == 32 && text.bytes().all(|sign| sign.is_ascii_hexdigit());
        digits.then(|| u128::from_str_radix(text, 16).ok())?.map(|value| Self(value.to_be_bytes()))
    }
}

/// Whom or what a key is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SubjectName {
    /// A person of a tenant.
    Person(TenantId, PersonId),
    /// The addresses that were refused before authentication on one day (days since 1970).
    Sources(u64),
    /// The server's operator, where no person is known.
    Operator,
}

impl SubjectName {
    fn to_text(&self) -> String {
        match self {
            Self::Person(tenant, person) => format!("person {tenant} {person}"),
            Self::Sources(day) => format!("sources {day}"),
            Self::Operator => "operator".to_owned(),
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        let mut words = text.splitn(3, ' ');
        match (words.next()?, words.next(), words.next()) {
            ("person", Some(tenant), Some(person)) => {
                Some(Self::Person(tenant.parse().ok()?, person.parse().ok()?))
            }
            ("sources", Some(day), None) => Some(Self::Sources(day.parse().ok()?)),
            ("operator", None, None) => Some(Self::Operator),
            _ => None,
        }
    }
}

/// A subject with its key.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) id: KeyId,
    key: DataKey,
    /// Pseudonym, wrapped key and sealed name, as in the file.
    entry: String,
}

/// What a personal field's ciphertext is bound to: the field's place and the subject.
fn bound_to(field: &str, id: KeyId) -> Vec<u8> {
    [b"secure-mcp audit 1\0".as_slice(), field.as_bytes(), b"\0", &id.0].concat()
}

impl Subject {
    /// The field's value, sealed and in base64.
    pub(crate) fn seal(&self, field: &str, value: &str) -> Result<String, KeyError> {
        Ok(STANDARD.encode(self.key.seal(value.as_bytes(), &bound_to(field, self.id))?))
    }

    /// The field's value; `None` if it was sealed for another place or changed.
    pub(crate) fn unseal(&self, field: &str, sealed: &str) -> Option<String> {
        let sealed = STANDARD.decode(sealed).ok()?;
        let value = self.key.unseal(&sealed, &bound_to(field, self.id)).ok()?;
        String::from_utf8(value.to_vec()).ok()
    }

    fn new(keys: &KeyStore, name: &SubjectName) -> Result<Self, KeyError> {
        let id = KeyId(random()?);
        let key = keys.new_data_key()?;
        let wrapped = STANDARD.encode(keys.wrap(&key, &bound_to("key", id))?);
        let mut subject = Self { id, key, entry: String::new() };
        let sealed_name = subject.seal("name", &name.to_text())?;
        subject.entry = format!("{id} {wrapped} {sealed_name}");
        Ok(subject)
    }

    fn from_entry(keys: &KeyStore, entry: &str) -> Option<(SubjectName, Self)> {
        let mut words = entry.split(' ');
        let (id, wrapped, sealed_name) = (words.next()?, words.next()?, words.next()?);
        let id = KeyId::from_hex(id)?;
        let key = keys.unwrap_key(&STANDARD.decode(wrapped).ok()?, &bound_to("key", id)).ok()?;
        let subject = Self { id, key, entry: entry.to_owned() };
        let name = SubjectName::from_text(&subject.unseal("name", sealed_name)?)?;
        Some((name, subject))
    }
}

/// A line of the file. `durable` lines stand before it and were synced when it was written.
fn line_of(durable: usize, entry: &str) -> String {
    let content = format!("{LINE_VERSION} {durable} {entry}");
    format!("{content} {}\n", Digest::of(content.as_bytes()).short())
}

/// What a line says, if it is whole: the lines that were durable before it, and the entry.
fn read_line(line: &[u8]) -> Option<(usize, &str)> {
    let (content, check) = std::str::from_utf8(line).ok()?.rsplit_once(' ')?;
    let rest = content.strip_prefix(LINE_VERSION)?.strip_prefix(' ')?;
    let (durable, entry) = rest.split_once(' ')?;
    (Digest::of(content.as_bytes()).short() == check).then_some((durable.parse().ok()?, entry))
}

#[derive(Default)]
struct Known {
    by_name: HashMap<SubjectName, Arc<Subject>>,
    by_id: HashMap<KeyId, Arc<Subject>>,
    /// Lines in the file.
    durable: usize,
    /// Entries that are not in the file yet.
    pending: Vec<String>,
}

impl Known {
    fn add(&mut self, name: SubjectName, subject: Subject) -> Arc<Subject> {
        let subject = Arc::new(subject);
        self.by_id.insert(subject.id, Arc::clone(&subject));
        self.by_name.insert(name, Arc::clone(&subject));
        subject
    }
}

/// Every subject of the log.
pub(crate) struct Subjects {
    keys: KeyStore,
    known: RwLock<Known>,
}

impl Subjects {
    /// Reads the lines of the file. Returns how many of its bytes were ever synced.
    ///
    /// A broken line was never synced if no later line says that it was durable; then it and what
    /// follows are left out. A whole line that does not open is an error: the key is a wrong one.
    pub(crate) fn load(file: &[u8], keys: KeyStore) -> Result<(Self, u64), AuditError> {
        let mut known = Known::default();
        let mut length = 0;
        let mut lines = file.split_inclusive(|byte| *byte == b'\n');
        for line in lines.by_ref() {
            let content = line.strip_suffix(b"\n").and_then(read_line);
            let number = known.durable + 1;
            let Some((_, entry)) = content else {
                let was_durable = lines
                    .filter_map(|line| read_line(line.strip_suffix(b"\n")?))
                    .any(|(durable, _)| durable >= number);
                if was_durable {
                    return Err(AuditError::Subjects { line: number });
                }
                tracing::warn!(line = number, "the subjects file ends in lines that were never synced");
                break;
            };
            let (name, subject) =
                Subject::from_entry(&keys, entry).ok_or(AuditError::Subjects { line: number })?;
            known.add(name, subject);
            known.durable = number;
            length += line.len() as u64;
        }
        Ok((Self { keys, known: RwLock::new(known) }, length))
    }

    /// The subject of that name, made at its first use.
    pub(crate) fn of(&self, name: &SubjectName) -> Result<Arc<Subject>, KeyError> {
        if let Some(known) = self.known.read().unwrap_or_else(PoisonError::into_inner).by_name.get(name) {
            return Ok(Arc::clone(known));
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.by_name.get(name) {
            return Ok(Arc::clone(known));
        }
        let subject = Subject::new(&self.keys, name)?;
        known.pending.push(subject.entry.clone());
        Ok(known.add(name.clone(), subject))
    }

    /// The subject with that pseudonym; `None` if it was erased.
    pub(crate) fn by_id(&self, id: KeyId) -> Option<Arc<Subject>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).by_id.get(&id).cloned()
    }

    /// The lines that have to be in the file before the next record is.
    pub(crate) fn pending(&self) -> PendingLines {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        PendingLines {
            count: known.pending.len(),
            text: known.pending.iter().map(|entry| line_of(known.durable, entry)).collect(),
        }
    }

    /// The lines are durable.
    pub(crate) fn written(&self, lines: &PendingLines) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let count = lines.count.min(known.pending.len());
        known.pending.drain(..count);
        known.durable += lines.count;
    }

    /// Destroys the key of a subject. Returns the file's new content, or `None` if nobody has that name.
    pub(crate) fn erase(&self, name: &SubjectName) -> Option<String> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let subject = known.by_name.remove(name)?;
        known.by_id.remove(&subject.id);
        known.pending.clear();
        known.durable = known.by_id.len();
        // The file is put in place whole: every line before a line is durable.
        let lines = known.by_id.values().enumerate();
        Some(lines.map(|(number, subject)| line_of(number, &subject.entry)).collect())
    }
}

/// Lines on their way into the file.
pub(crate) struct PendingLines {
    pub(crate) text: String,
    count: usize,
}
