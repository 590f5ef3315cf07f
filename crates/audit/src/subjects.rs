//! One key and one random pseudonym per person: what a record says of people opens with the key of
//! the person it is about, and is erased by destroying that key.
//!
//! The file `subjects` is appended before the first record that needs a line, and rewritten only when a
//! subject is erased: under a new wrapping key, and the old one is destroyed. So no copy of the old file
//! opens any more, whoever kept it. No line holds a name in clear.

mod lines;

#[cfg(test)]
mod tests;

use crate::AuditError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{PersonId, TenantId};
use lines::{Entry, line_of, read_line};
use secrets::{DataKey, KeyError, KeyStore, WrappingKey, random};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

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
    /// As in the file.
    sealed_name: String,
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
        let mut subject =
            Self { id: KeyId(random()?), key: keys.new_data_key()?, sealed_name: String::new() };
        subject.sealed_name = subject.seal("name", &name.to_text())?;
        Ok(subject)
    }

    /// What the file says of it, its key wrapped anew.
    fn entry(&self, wrapping: &WrappingKey) -> Result<Entry, KeyError> {
        let wrapped = wrapping.wrap(&self.key, &bound_to("key", self.id))?;
        Ok(Entry::Subject { id: self.id, wrapped, sealed_name: self.sealed_name.clone() })
    }

    fn open(
        wrapping: &WrappingKey,
        id: KeyId,
        wrapped: &[u8],
        sealed_name: String,
    ) -> Option<(SubjectName, Self)> {
        let key = wrapping.unwrap_key(wrapped, &bound_to("key", id)).ok()?;
        let subject = Self { id, key, sealed_name };
        let name = SubjectName::from_text(&subject.unseal("name", &subject.sealed_name)?)?;
        Some((name, subject))
    }
}

/// People by their pseudonyms.
pub(crate) type People = HashMap<KeyId, (TenantId, PersonId)>;

struct Known {
    by_name: HashMap<SubjectName, Arc<Subject>>,
    by_id: HashMap<KeyId, Arc<Subject>>,
    /// Lines in the file.
    durable: usize,
    /// Subjects that are not in the file yet.
    pending: Vec<Arc<Subject>>,
    wrapping: Arc<WrappingKey>,
}

impl Known {
    fn add(&mut self, name: SubjectName, subject: Arc<Subject>) {
        self.by_id.insert(subject.id, Arc::clone(&subject));
        self.by_name.insert(name, subject);
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
    /// follows are left out. A whole line that does not open is an error: the key is a wrong one. A
    /// wrapping key that an erasure left behind is destroyed now, if it was not then.
    pub(crate) fn load(file: &[u8], keys: KeyStore) -> Result<(Self, u64), AuditError> {
        let (mut wrapping, mut retired) = (HashMap::<String, Arc<WrappingKey>>::new(), Vec::new());
        let (mut found, mut newest, mut durable, mut length) = (Vec::new(), None, 0, 0);
        let mut lines = file.split_inclusive(|byte| *byte == b'\n');
        for line in lines.by_ref() {
            let content = line.strip_suffix(b"\n").and_then(read_line);
            let number = durable + 1;
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
            let wrong = || AuditError::Subjects { line: number };
            match entry {
                Entry::Retired(name) => retired.push(name),
                Entry::Subject { id, wrapped, sealed_name } => {
                    let name = WrappingKey::name_of(&wrapped).ok_or_else(wrong)?;
                    if !wrapping.contains_key(&name) {
                        let key = keys.wrapping_key(&name).map_err(|_| wrong())?;
                        wrapping.insert(name.clone(), Arc::new(key));
                    }
                    let key = wrapping.get(&name).ok_or_else(wrong)?;
                    found.push(Subject::open(key, id, &wrapped, sealed_name).ok_or_else(wrong)?);
                    newest = Some(Arc::clone(key));
                }
            }
            durable = number;
            length += line.len() as u64;
        }
        for name in retired.iter().filter(|name| !wrapping.contains_key(*name)) {
            keys.destroy_wrapping_key(name)?;
        }
        let wrapping = newest.map_or_else(|| keys.new_wrapping_key().map(Arc::new), Ok)?;
        let (by_name, by_id) = Default::default();
        let mut known = Known { by_name, by_id, durable, pending: Vec::new(), wrapping };
        found.into_iter().for_each(|(name, subject)| known.add(name, Arc::new(subject)));
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
        let subject = Arc::new(Subject::new(&self.keys, name)?);
        known.pending.push(Arc::clone(&subject));
        known.add(name.clone(), Arc::clone(&subject));
        Ok(subject)
    }

    /// The subject with that pseudonym; `None` if it was erased.
    pub(crate) fn by_id(&self, id: KeyId) -> Option<Arc<Subject>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).by_id.get(&id).cloned()
    }

    /// Everybody who was not erased.
    pub(crate) fn people(&self) -> People {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let person = |(name, subject): (&SubjectName, &Arc<Subject>)| match name {
            SubjectName::Person(tenant, person) => Some((subject.id, (tenant.clone(), person.clone()))),
            _ => None,
        };
        known.by_name.iter().filter_map(person).collect()
    }

    /// The pseudonyms of the people of that name, in the tenant or in all.
    pub(crate) fn pseudonyms(&self, tenant: Option<&TenantId>, person: &PersonId) -> Vec<KeyId> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let is_one = |name: &SubjectName| match name {
            SubjectName::Person(of, name) => name == person && tenant.is_none_or(|tenant| tenant == of),
            _ => false,
        };
        known.by_name.iter().filter(|(name, _)| is_one(name)).map(|(_, subject)| subject.id).collect()
    }

    /// The lines that have to be in the file before the next record is.
    pub(crate) fn pending(&self) -> Result<PendingLines, KeyError> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let entries = known.pending.iter().map(|subject| subject.entry(&known.wrapping));
        let lines = entries.map(|entry| Ok(line_of(known.durable, &entry?)));
        Ok(PendingLines { count: known.pending.len(), text: lines.collect::<Result<_, KeyError>>()? })
    }

    /// The lines are durable.
    pub(crate) fn written(&self, lines: &PendingLines) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let count = lines.count.min(known.pending.len());
        known.pending.drain(..count);
        known.durable += lines.count;
    }

    /// Makes ready to destroy the key of a subject; `None` if nobody has that name. Nothing has changed
    /// yet but for a new wrapping key on disk.
    pub(crate) fn without(&self, name: &SubjectName) -> Result<Option<Erasure>, KeyError> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let Some(erased) = known.by_name.get(name) else { return Ok(None) };
        let wrapping = self.keys.new_wrapping_key()?;
        let retired = known.wrapping.name();
        let rest: Vec<Arc<Subject>> =
            known.by_id.values().filter(|subject| subject.id != erased.id).map(Arc::clone).collect();
        let entries = rest.iter().map(|subject| subject.entry(&wrapping));
        let lines = std::iter::once(Ok(Entry::Retired(retired.clone()))).chain(entries).enumerate();
        // The file is put in place whole: every line before a line is durable.
        let file: String =
            lines.map(|(at, entry)| Ok(line_of(at, &entry?))).collect::<Result<_, KeyError>>()?;
        Ok(Some(Erasure { file, name: name.clone(), rest, wrapping, retired }))
    }

    /// The file is in place: forgets the subject and destroys what wrapped its key.
    pub(crate) fn erased(&self, erasure: Erasure) -> Result<(), KeyError> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(subject) = known.by_name.remove(&erasure.name) {
            known.by_id.remove(&subject.id);
            known.pending.retain(|pending| pending.id != subject.id);
        }
        let is_written = |id: KeyId| erasure.rest.iter().any(|subject| subject.id == id);
        known.pending.retain(|pending| !is_written(pending.id));
        known.durable = erasure.rest.len() + 1;
        known.wrapping = Arc::new(erasure.wrapping);
        self.keys.destroy_wrapping_key(&erasure.retired)
    }
}

/// A subjects file without one of them.
pub(crate) struct Erasure {
    /// The file's new content.
    pub(crate) file: String,
    name: SubjectName,
    rest: Vec<Arc<Subject>>,
    wrapping: WrappingKey,
    /// The name of the wrapping key that has to go.
    retired: String,
}

/// Lines on their way into the file.
pub(crate) struct PendingLines {
    pub(crate) text: String,
    count: usize,
}
