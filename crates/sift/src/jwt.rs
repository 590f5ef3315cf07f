//! JSON web tokens: signed (three parts), encrypted (five), or cut off after the second.

use crate::finding::Confidence;
use crate::kind::Kind;
use crate::page::{Candidate, Page};

/// Base64 of the shortest header, `{"alg":"x"}`.
const MIN_HEADER: usize = 14;
/// Base64 of a payload with one claim.
const MIN_PAYLOAD: usize = 10;
/// Bytes of a part; a token larger than this fits no HTTP header.
const MAX_PART: usize = 16 * 1024;
/// Padding of a part, which RFC 7515 leaves out and some writers do not.
const MAX_PADDING: usize = 2;

/// The token whose header starts with the `eyJ` at `at`.
pub(crate) fn at_header(page: &Page<'_>, at: usize) -> Option<Candidate> {
    if page.slice(at..at + 3) != "eyJ" || page.word_before(at) || page.byte_before(at) == b'-' {
        return None;
    }
    let header_end = part_end(page, at);
    if header_end - at < MIN_HEADER || page.byte(header_end) != b'.' {
        return None;
    }
    let payload_end = part_end(page, header_end + 1);
    let payload = page.slice(header_end + 1..payload_end);
    let mut end = payload_end;
    let mut parts = 2;
    while parts < 5 && page.byte(end) == b'.' {
        let next = part_end(page, end + 1);
        if next == end + 1 && parts > 2 {
            break;
        }
        end = next;
        parts += 1;
    }
    let signed = payload.starts_with("eyJ") && payload.len() >= MIN_PAYLOAD;
    (signed || parts == 5).then(|| Candidate::plain(Kind::Jwt, at..end, Confidence::High))
}

/// End of the part and of its padding. No other word ends there, so no part is read for a keyword
/// inside it.
fn part_end(page: &Page<'_>, start: usize) -> usize {
    let end =
        page.run_end(start, MAX_PART, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    page.run_end(end, MAX_PADDING, |byte| byte == b'=')
}
