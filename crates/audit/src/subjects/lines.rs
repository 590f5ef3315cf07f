//! The lines of the subjects file: version, how many lines were durable when this one was written, what
//! it says, check.

use super::KeyId;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Digest;

const LINE_VERSION: &str = "2";
const RETIRED: &str = "retired";

/// What a line says.
#[derive(Debug)]
pub(super) enum Entry {
    /// There is a subject.
    Subject {
        /// Its pseudonym.
        id: KeyId,
        /// Its key.
        wrapped: Vec<u8>,
        /// Its name, sealed with its key; base64.
        sealed_name: String,
    },
    /// A wrapping key of that name has to be destroyed.
    Retired(String),
}

impl Entry {
    fn to_text(&self) -> String {
        match self {
            Self::Subject { id, wrapped, sealed_name } => {
                format!("{id} {} {sealed_name}", STANDARD.encode(wrapped))
            }
            Self::Retired(name) => format!("{RETIRED} {name}"),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        match words.as_slice() {
            [RETIRED, name] => Some(Self::Retired((*name).to_owned())),
            [id, wrapped, sealed_name] => Some(Self::Subject {
                id: KeyId::from_hex(id)?,
                wrapped: STANDARD.decode(wrapped).ok()?,
                sealed_name: (*sealed_name).to_owned(),
            }),
            _ => None,
        }
    }
}

/// A line of the file. `durable` lines stand before it and were synced when it was written.
pub(super) fn line_of(durable: usize, entry: &Entry) -> String {
    let content = format!("{LINE_VERSION} {durable} {}", entry.to_text());
    format!("{content} {}\n", Digest::of(content.as_bytes()).short())
}

/// What a line says, if it is whole: the lines that were durable before it, and the entry.
pub(super) fn read_line(line: &[u8]) -> Option<(usize, Entry)> {
    let (content, check) = std::str::from_utf8(line).ok()?.rsplit_once(' ')?;
    let rest = content.strip_prefix(LINE_VERSION)?.strip_prefix(' ')?;
    let (durable, entry) = rest.split_once(' ')?;
    let is_whole = Digest::of(content.as_bytes()).short() == check;
    is_whole.then(|| Some((durable.parse().ok()?, Entry::read(entry)?)))?
}
