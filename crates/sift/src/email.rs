//! E-mail addresses (RFC 5321 shapes, internationalised names and domains included).
//!
//! Local parts keep to the characters people are given. `*` is not one of them, so a
//! masked address is not an address.

use crate::finding::Confidence;
use crate::kind::Kind;
use crate::page::{Candidate, Page};

/// RFC 5321 §4.5.3.1.1.
const MAX_LOCAL_BYTES: usize = 64;
/// RFC 1035 §2.3.4.
const MAX_DOMAIN_BYTES: usize = 253;

/// Endings of files that are named like `logo@2x.png`.
const FILE_ENDINGS: [&str; 14] =
    ["png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "css", "js", "ts", "json", "html", "md", "map"];

/// The address around the `@` at `at`.
pub(crate) fn at_sign(page: &Page<'_>, at: usize) -> Option<Candidate> {
    let start = local_start(page, at)?;
    let end = domain_end(page, at + 1)?;
    page.budget.count(end - start);
    if is_remote_login(page, start, at, end) {
        return None;
    }
    Some(Candidate::plain(Kind::Email, start..end, Confidence::High))
}

fn local_start(page: &Page<'_>, at: usize) -> Option<usize> {
    let before = page.text.get(..at)?;
    let mut start = at;
    let mut ascii = true;
    for character in before.chars().rev() {
        let in_name = character.is_alphanumeric() || matches!(character, '.' | '_' | '-' | '+' | '\'');
        // Scripts written without spaces run into a name that is written in ASCII.
        let other_script = is_unspaced(character) && ascii && start < at;
        if !in_name || other_script || at - start >= MAX_LOCAL_BYTES {
            break;
        }
        // The letter of an escape such as `\n` is not the first letter of a name.
        if page.escape_letter_before(start) {
            break;
        }
        ascii &= character.is_ascii();
        start -= character.len_utf8();
    }
    let name = page.slice(start..at);
    page.budget.count(name.len() + 1);
    let trimmed = name.trim_start_matches(['.', '-', '+', '\'']);
    // An asterisk before it: the readable rest of something masked.
    let masked = page.byte_before(start) == b'*';
    let open = !masked && !trimmed.is_empty() && !trimmed.ends_with(['.', '\'']);
    open.then_some(at - trimmed.len())
}

/// End of the domain name that starts at `start`: at least two labels, the last one a
/// plausible top level.
fn domain_end(page: &Page<'_>, start: usize) -> Option<usize> {
    let mut end = None;
    let mut label_start = start;
    let mut ascii = true;
    let mut first = true;
    loop {
        let label_end = label_end(page, label_start, start + MAX_DOMAIN_BYTES);
        page.budget.count(label_end - label_start + 1);
        let label = page.slice(label_start..label_end).trim_end_matches('-');
        let sensible = !label.is_empty()
            && !label.starts_with('-')
            && (!label.contains("--") || label.starts_with("xn--"));
        // A sentence in another script may follow the full stop after an address.
        if !sensible || (!first && ascii && !label.is_ascii()) {
            return end;
        }
        if !first && is_top_level(label) {
            end = Some(label_start + label.len());
        }
        ascii &= label.is_ascii();
        first = false;
        if label_start + label.len() < label_end || page.byte(label_end) != b'.' {
            return end;
        }
        label_start = label_end + 1;
    }
}

fn label_end(page: &Page<'_>, start: usize, limit: usize) -> usize {
    let rest = page.text.get(start..).unwrap_or("");
    let length: usize = rest
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '-')
        .map(char::len_utf8)
        .take(limit.saturating_sub(start))
        .sum();
    start + length
}

fn is_top_level(label: &str) -> bool {
    if label.starts_with("xn--") {
        return label.len() > 4;
    }
    let letters = label.chars().all(char::is_alphabetic);
    let is_file = FILE_ENDINGS.iter().any(|ending| label.eq_ignore_ascii_case(ending));
    letters && !is_file && (2..=24).contains(&label.chars().take(25).count())
}

const fn is_unspaced(character: char) -> bool {
    matches!(character, '\u{E00}'..='\u{EFF}' | '\u{2E80}'..='\u{D7FF}' | '\u{F900}'..='\u{FAFF}')
}

/// `git@host:path` and `ssh://git@host` name a service account, not a person.
fn is_remote_login(page: &Page<'_>, start: usize, at: usize, end: usize) -> bool {
    page.slice(start..at) == "git"
        && (page.byte(end) == b':' || page.slice(start.saturating_sub(2)..start) == "//")
}
