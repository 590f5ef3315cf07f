//! Credentials on the wire: `Authorization` headers and passwords inside URLs.

use crate::finding::Confidence;
use crate::kind::Kind;
use crate::page::{BLANK, Candidate, Page};
use crate::randomness::MAX_MEASURED;

/// Bytes of a credential; headers are limited to 8 KiB in most servers.
const MAX_CREDENTIAL: usize = 8 * 1024;
/// Bytes of a user name or password in a URL.
const MAX_PART: usize = 128;
/// Bytes of a scheme: `ApiKey`, `AWS4-HMAC-SHA256`.
const MAX_SCHEME: usize = 20;

/// Where the last credential ended: one that starts inside it has the same end.
#[derive(Default)]
pub(crate) struct Reach(usize);

/// The credential of the header whose name ends at `name_end`.
pub(crate) fn after_authorization(page: &Page<'_>, name_end: usize, reach: &mut Reach) -> Option<Candidate> {
    let closed = page.run_end(name_end, 3, |byte| matches!(byte, b'"' | b'\'' | b'\\'));
    let sign = page.run_end(closed, 4, |byte| byte == b' ');
    if !matches!(page.byte(sign), b':' | b'=') {
        return None;
    }
    let value = page.run_end(sign + 1, 8, |byte| matches!(byte, b' ' | b'"' | b'\'' | b'\\' | b'>'));
    let scheme = page.run_end(value, MAX_SCHEME, |byte| byte.is_ascii_alphabetic() || byte == b'-');
    let start = if scheme > value && page.byte(scheme) == b' ' { scheme + 1 } else { value };
    credential(page, start, reach, 8, 220)
}

/// The credential after the word `Bearer` that ends at `word_end`.
pub(crate) fn after_bearer(page: &Page<'_>, word_end: usize, reach: &mut Reach) -> Option<Candidate> {
    let start = page.run_end(word_end, 2, |byte| byte == b' ');
    (start > word_end).then_some(())?;
    credential(page, start, reach, 16, 300).filter(|found| {
        let profile = page.profile(page.slice(found.start..found.end));
        profile.digits > 1 && !profile.is_wordy()
    })
}

fn credential(
    page: &Page<'_>,
    start: usize,
    reach: &mut Reach,
    fewest: usize,
    centibits: u32,
) -> Option<Candidate> {
    if start >= reach.0 {
        let run = page.run_end(start, MAX_CREDENTIAL, |byte| {
            byte.is_ascii_graphic()
                && !is_foreign(byte)
                && !matches!(byte, b'"' | b'\'' | b'`' | b',' | b';' | b'\\' | BLANK)
        });
        reach.0 = page.run_start(run, run - start, |byte| byte == b'.');
    }
    let span = start..reach.0;
    // How a value begins says what it is.
    let looks = page.slice(start..span.end.min(start + MAX_MEASURED));
    let profile = page.profile(looks);
    let good = span.len() >= fewest
        && !looks.starts_with(['$', '%'])
        && !looks.contains("...")
        && !looks.contains("XXXX")
        && profile.centibits >= centibits
        && (profile.digits > 0 || profile.upper > 0 && profile.lower > 0);
    good.then(|| Candidate::plain(Kind::Authorization, span, Confidence::Medium))
}

/// Brackets and asterisks: a template, a marker or a masked value, never a credential.
const fn is_foreign(byte: u8) -> bool {
    matches!(byte, b'[' | b']' | b'(' | b')' | b'{' | b'}' | b'<' | b'>' | b'*')
}

/// The password between the user and the host of the URL whose `://` starts at `at`.
pub(crate) fn in_url(page: &Page<'_>, at: usize) -> Option<Candidate> {
    if !page.byte_before(at).is_ascii_alphanumeric() {
        return None;
    }
    let part = |start: usize| {
        page.run_end(start, MAX_PART, |byte| {
            (byte.is_ascii_graphic() || byte >= 0x80)
                && !matches!(byte, b'[' | b']')
                && !matches!(
                    byte,
                    b'/' | b':' | b'@' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'?' | b'#' | BLANK
                )
        })
    };
    let user_end = part(at + "://".len());
    if page.byte(user_end) != b':' {
        return None;
    }
    let start = user_end + 1;
    let mut end = part(start);
    // A password may hold colons; the host cannot start before the `@`.
    while page.byte(end) == b':' && end - start < MAX_PART {
        end = part(end + 1);
    }
    let value = page.slice(start..end);
    let bracket = page.byte(end + 1) == b'[';
    let host = page.byte(end + 1 + usize::from(bracket));
    let refers = value.starts_with(['$', '{', '%', '*', '(']) && !value.starts_with("%2")
        || value.contains("***")
        || value.bytes().all(|byte| matches!(byte, b'x' | b'X' | b'*'));
    let begins_host =
        if bracket { host.is_ascii_hexdigit() || host == b':' } else { host.is_ascii_alphanumeric() };
    let reaches_host = page.byte(end) == b'@' && begins_host;
    (reaches_host && !value.is_empty() && !refers)
        .then(|| Candidate::plain(Kind::UrlPassword, start..end, Confidence::High))
}
