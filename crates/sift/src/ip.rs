//! IP addresses of both versions, told apart from version numbers, times and program text.

use std::net::Ipv6Addr;
use std::str::FromStr;

use crate::context;
use crate::finding::Confidence;
use crate::kind::Kind;
use crate::numbers::{NumberMatch, Run};
use crate::page::{Candidate, Page};

/// Longest written form: six groups of four and an IPv4 tail.
const MAX_V6_BYTES: usize = 45;

const WORDS: [&str; 14] = [
    "ip", "ips", "ipv4", "ipv6", "address", "host", "server", "gateway", "subnet", "route", "loopback",
    "dns", "peer", "prefix",
];

/// Words before four dotted numbers that are a version or a chapter.
const VERSION_WORDS: [&str; 12] = [
    "version", "versions", "ver", "release", "build", "section", "chapter", "firmware", "driver", "rev",
    "revision", "oid",
];

/// The IPv4 address that begins with the group `index` of `run`.
pub(crate) fn v4_at_group(page: &Page<'_>, run: Run<'_>, index: usize) -> Option<NumberMatch> {
    let (first, last) = (run.group(index)?, run.group(index + 3)?);
    let dotted = (index..index + 3).all(|at| run.separator_after(page, at) == ".");
    let octets = (index..index + 4)
        .filter_map(|at| run.group(at))
        .all(|group| is_octet(page.slice(group.start..group.end)));
    let longer =
        run.separator_before(page, index) == "." || run.separator_after(page, index + 3).starts_with('.');
    if !dotted
        || !octets
        || longer
        || page.word_before(first.start)
        || page.word_at(last.end)
        || is_version(page, first.start, last.end)
    {
        return None;
    }
    Some(NumberMatch {
        candidate: Candidate::plain(Kind::IpAddress, first.start..last.end, Confidence::Medium),
        groups: 4,
    })
}

fn is_octet(digits: &str) -> bool {
    digits.len() <= 3 && (digits == "0" || !digits.starts_with('0')) && digits.parse::<u8>().is_ok()
}

/// `Name/1.2.3.4`, `==1.2.3.4`, `1.2.3.4-beta` and `version 1.2.3.4`.
fn is_version(page: &Page<'_>, start: usize, end: usize) -> bool {
    let before = page.byte_before(start);
    let earlier = page.byte_before(start.saturating_sub(1));
    let product = before == b'/' && earlier.is_ascii_alphabetic();
    let pinned = before == b'=' && matches!(earlier, b'=' | b'>' | b'<' | b'~' | b'^')
        || matches!(before, b'^' | b'~' | b'>' | b'<');
    let suffixed = matches!(page.byte(end), b'-' | b'+') && page.byte(end + 1).is_ascii_alphabetic();
    product
        || pinned
        || suffixed
        || context::near_before(page, start, 2, &VERSION_WORDS)
        || context::named(page.key, &VERSION_WORDS)
}

/// Reads the run of hexadecimal groups around the colon at `at`; gives the end of the run
/// and the IPv6 address it is.
pub(crate) fn v6_at_colon(page: &Page<'_>, at: usize) -> (usize, Option<Candidate>) {
    let accepts = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let start = page.run_start(at, MAX_V6_BYTES, accepts);
    let run_end = page.run_end(at, MAX_V6_BYTES, accepts);
    (run_end.max(at + 1), v6_in(page, start, run_end))
}

fn v6_in(page: &Page<'_>, start: usize, run_end: usize) -> Option<Candidate> {
    let run = page.slice(start..run_end);
    page.budget.count(run.len());
    let mut written = run.trim_end_matches('.');
    if written.ends_with(':') && !written.ends_with("::") {
        written = written.strip_suffix(':')?;
    }
    let end = start + written.len();
    if written.bytes().filter(|byte| *byte == b':').count() < 2
        || page.word_before(start)
        || page.byte_before(start) == b'*'
        || page.word_at(end)
        || Ipv6Addr::from_str(written).is_err()
        || is_slice(page, start)
    {
        return None;
    }
    let digits = written.bytes().filter(u8::is_ascii_digit).count();
    let hex = written.bytes().filter(u8::is_ascii_hexdigit).count();
    let has_prefix = page.byte(end) == b'/' && page.byte(end + 1).is_ascii_digit();
    let one_group = written.ends_with("::") && written.matches(':').count() == 2;
    let telling = digits > 0 && !one_group && (hex >= 3 || written == "::1");
    (telling || has_prefix || context::speaks_for(page, start, end, &WORDS))
        .then(|| Candidate::plain(Kind::IpAddress, start..end, Confidence::Medium))
}

/// `values[::2]` in a program.
fn is_slice(page: &Page<'_>, start: usize) -> bool {
    page.byte_before(start) == b'['
        && start.checked_sub(1).is_some_and(|bracket| {
            page.word_before(bracket) || matches!(page.byte_before(bracket), b')' | b']')
        })
}
