//! Values given to a telling name: `password=…`, `"api_key": "…"`, `<token>…</token>`.
//!
//! Owns what counts as such a name and what a value must look like. A reference to a
//! secret (`${TOKEN}`, `os.environ[…]`, `<your key>`) is not a secret.

use std::ops::Range;

use crate::finding::Confidence;
use crate::kind::Kind;
use crate::page::{BLANK, Candidate, MARKER_START, Page};
use crate::randomness::Profile;
use crate::tokens;

/// Bytes of a value. What is longer is a document, not a secret.
const MAX_VALUE: usize = 256;
/// Bytes of a name after the telling word: `SECRET_ACCESS_KEY_PRODUCTION`.
const MAX_TAIL: usize = 24;
/// Blanks around the sign of assignment.
const MAX_BLANKS: usize = 8;

/// How much the name promises.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// People choose it: short and readable is normal.
    Password,
    /// Machines make it: it must look random.
    Key,
}

/// Names, as they end before what may follow them.
pub(crate) const NAMES: [(&str, Promise); 25] = [
    ("password", Promise::Password),
    ("passwd", Promise::Password),
    ("passphrase", Promise::Password),
    ("passcode", Promise::Password),
    ("pwd", Promise::Password),
    ("passwort", Promise::Password),
    ("kennwort", Promise::Password),
    ("contraseña", Promise::Password),
    ("secret", Promise::Key),
    ("token", Promise::Key),
    ("apikey", Promise::Key),
    ("api_key", Promise::Key),
    ("api-key", Promise::Key),
    ("api key", Promise::Key),
    ("accesskey", Promise::Key),
    ("access_key", Promise::Key),
    ("access-key", Promise::Key),
    ("accountkey", Promise::Key),
    ("account_key", Promise::Key),
    ("authkey", Promise::Key),
    ("auth_key", Promise::Key),
    ("encryption_key", Promise::Key),
    ("signing_key", Promise::Key),
    ("private_key", Promise::Key),
    ("credential", Promise::Key),
];

/// What may stand between a telling word and the end of the name.
const TAILS: [&str; 18] = [
    "key",
    "value",
    "base",
    "access",
    "hash",
    "string",
    "text",
    "word",
    "phrase",
    "code",
    "prod",
    "production",
    "dev",
    "test",
    "live",
    "primary",
    "secondary",
    "sec",
];

/// Words before a telling word that make it something else: page tokens and counts.
const OTHER_HEADS: [&str; 9] =
    ["next", "page", "continuation", "sync", "csrf", "prev", "previous", "max", "public"];

/// Names of columns that make the whole text the value, without their separators.
const COLUMNS: [(&str, Promise); 14] = [
    ("password", Promise::Password),
    ("passwd", Promise::Password),
    ("passphrase", Promise::Password),
    ("passcode", Promise::Password),
    ("passwort", Promise::Password),
    ("kennwort", Promise::Password),
    ("pwd", Promise::Password),
    ("secret", Promise::Key),
    ("token", Promise::Key),
    ("apikey", Promise::Key),
    ("accesskey", Promise::Key),
    ("secretkey", Promise::Key),
    ("privatekey", Promise::Key),
    ("credential", Promise::Key),
];

/// The value given to the name whose telling word lies at `name`.
pub(crate) fn at_name(page: &Page<'_>, name: Range<usize>, promise: Promise) -> Option<Candidate> {
    if is_other(page, name.start) || page.in_marker(name.start) {
        return None;
    }
    let name_end = tail_end(page, name.end)?;
    let mut at = sign_end(page, name_end)?;
    // `const token: string = "…"` has a type between the name and the value.
    for _ in 0..2 {
        let value = value_at(page, at);
        let written = page.slice(value.clone());
        if is_secret(page, written, promise, is_quoted(page, &value)) {
            let whole_name = page.slice(name_start(page, name.start)..name_end);
            let kind = kind_of(whole_name, written);
            return Some(Candidate::plain(kind, value, Confidence::Medium));
        }
        if !written.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return None;
        }
        at = sign_end(page, value.end)?;
    }
    None
}

/// The whole text, where its column has a telling name.
pub(crate) fn whole_text(page: &Page<'_>) -> Option<Candidate> {
    let written = page.text.trim();
    if written.len() > MAX_VALUE {
        return None;
    }
    let letters = page.key.name()?.bytes().filter(u8::is_ascii_alphanumeric).take(MAX_VALUE);
    let column: String = letters.map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    let (head, promise) =
        COLUMNS.iter().find_map(|(name, promise)| Some((column.strip_suffix(name)?, *promise)))?;
    let start = page.text.len() - page.text.trim_start().len();
    let good =
        !OTHER_HEADS.iter().any(|other| head.ends_with(other)) && is_secret(page, written, promise, true);
    good.then(|| Candidate::plain(Kind::AssignedSecret, start..start + written.len(), Confidence::Medium))
}

fn name_start(page: &Page<'_>, word: usize) -> usize {
    page.run_start(word, MAX_TAIL, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

fn is_other(page: &Page<'_>, word: usize) -> bool {
    let head = page.slice(name_start(page, word)..word);
    OTHER_HEADS.iter().any(|other| {
        let end = head.trim_end_matches(['_', '-', '.']);
        let tail = end.len().checked_sub(other.len());
        tail.and_then(|from| end.get(from..)).is_some_and(|tail| tail.eq_ignore_ascii_case(other))
    })
}

/// End of the name, `None` where the telling word is the start of another word.
fn tail_end(page: &Page<'_>, word_end: usize) -> Option<usize> {
    let end =
        page.run_end(word_end, MAX_TAIL, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let tail = page.slice(word_end..end);
    let known = tail
        .split(['_', '-'])
        .map(|part| part.trim_matches(|c: char| c.is_ascii_digit()))
        .all(|part| part.is_empty() || TAILS.iter().any(|word| part.eq_ignore_ascii_case(word)));
    known.then_some(end)
}

/// Where the value starts: behind the closing quote of the name, the sign and the opening
/// quote.
fn sign_end(page: &Page<'_>, name_end: usize) -> Option<usize> {
    let closed = page.run_end(name_end, 4, |byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b']'));
    let sign = page.run_end(closed, MAX_BLANKS, is_blank);
    let rest = page.slice(sign..page.text.floor_char_boundary(sign + 3));
    let mark = ["=>", ":=", "==", "=", ":", ">", "is "]
        .into_iter()
        .find(|mark| rest.starts_with(mark) && !rest.starts_with("::"))?;
    let value = page.run_end(sign + mark.len(), MAX_BLANKS, is_blank);
    Some(page.run_end(value, 4, |byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\')))
}

/// The bytes of the value: up to the closing quote, or up to what ends a word.
fn value_at(page: &Page<'_>, start: usize) -> Range<usize> {
    let quote = page.byte_before(start);
    let end = if matches!(quote, b'"' | b'\'' | b'`') {
        page.run_end(start, MAX_VALUE, |byte| !matches!(byte, b'\n' | b'\r') && byte != quote)
    } else {
        page.run_end(start, MAX_VALUE, |byte| {
            !byte.is_ascii_whitespace()
                && !matches!(byte, b'"' | b'\'' | b'`' | b',' | b';' | b'<' | b'>' | BLANK | b'&')
        })
    };
    let end = page.text.floor_char_boundary(end).max(start);
    let written = page.slice(start..end);
    let trimmed = written.trim_end_matches(['\\', ')', ']', '}', '.', ' ']);
    start..start + trimmed.len()
}

fn is_quoted(page: &Page<'_>, value: &Range<usize>) -> bool {
    matches!(page.byte_before(value.start), b'"' | b'\'' | b'`')
}

fn is_secret(page: &Page<'_>, value: &str, promise: Promise, quoted: bool) -> bool {
    let profile = page.profile(value);
    let letters = profile.lower + profile.upper;
    let plausible = match promise {
        Promise::Password => {
            let mixed = letters > 0 && (profile.digits > 0 || has_rare_symbol(value));
            let spoken = quoted && value.split(' ').filter(|word| word.len() > 2).count() >= 4;
            profile.length >= 6
                && profile.centibits >= 150
                && (spoken || !value.contains(' ') && (mixed || profile.digits >= 6))
        }
        Promise::Key => {
            profile.length >= 10
                && letters > 0
                && profile.centibits >= 270
                && profile.changes >= 3.max(profile.length / 8)
                && (profile.digits > 0 || profile.lower > 0 && profile.upper > 0)
                && !profile.is_wordy()
                && !value.contains(' ')
        }
    };
    // The dearer question last.
    plausible && !is_reference(page, value)
}

/// Symbols that passwords have and words have not.
fn has_rare_symbol(value: &str) -> bool {
    value.bytes().any(|byte| matches!(byte, b'!' | b'@' | b'#' | b'$' | b'%' | b'^' | b'*' | b'?' | b'~'))
}

/// Whether the value only says where the secret comes from, or stands in for one.
fn is_reference(page: &Page<'_>, value: &str) -> bool {
    let opens = ["${", "$(", "{{", "<", "%(", "[", "{", "/", "./", "../", "*", MARKER_START];
    let holds = ["(", "${", "{{", "***", "...", "://", MARKER_START, "||||||", "process.env"];
    let starts = ["your", "xxxx", "env.", "os.", "process.", "config.", "self.", "this.", "vault:"];
    let lower = value.to_ascii_lowercase();
    let holds_part = |part: &&str| {
        page.budget.count(value.len());
        value.contains(*part)
    };
    opens.iter().any(|open| value.starts_with(open))
        || holds.iter().any(holds_part)
        || starts.iter().any(|start| lower.starts_with(start))
        || lower.contains("your_")
        || lower.contains("your-")
        || is_variable(value)
        || is_dotted_name(value)
}

/// `$TOKEN` and `%TOKEN%`.
fn is_variable(value: &str) -> bool {
    let name =
        value.strip_prefix('$').or_else(|| value.strip_prefix('%').and_then(|inner| inner.strip_suffix('%')));
    name.is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
            || name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    })
}

/// `settings.auth.token`: words with dots and nothing else.
fn is_dotted_name(value: &str) -> bool {
    value.contains('.')
        && value
            .split(['.', '_'])
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

fn kind_of(name: &str, value: &str) -> Kind {
    let name = name.to_ascii_lowercase();
    if name.contains("aws") || tokens::is_aws_secret(&Profile::of(value)) && name.contains("access") {
        Kind::AwsKey
    } else if name.contains("accountkey") || name.contains("account_key") || name.contains("azure") {
        Kind::AzureKey
    } else {
        Kind::AssignedSecret
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
