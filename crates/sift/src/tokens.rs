//! Reads the token that starts with a known prefix.
//!
//! Owns the proof that what follows a prefix is a token and not a word, a variable or a
//! row of x; the formats themselves are in `token_table`.

use crate::finding::Confidence;
use crate::kind::Kind;
use crate::page::{Candidate, Page};
use crate::randomness::Profile;
use crate::token_table::{Alphabet, Shape};

/// Entropy of a body, in hundredths of a bit per byte. Random hexadecimal digits reach
/// 350 over 32 bytes and 340 over 20; words in place of a token stay under 300.
const MIN_CENTIBITS: u32 = 300;
/// The same for the sixteen characters of an AWS key id.
const MIN_SHORT_CENTIBITS: u32 = 250;

/// How far behind an AWS key id its secret is looked for: the next line of a file.
const SECRET_REACH: usize = 200;
const SECRET_LENGTH: usize = 40;

/// The token whose prefix starts at `at`.
pub(crate) fn at_prefix(page: &Page<'_>, at: usize, shape: &Shape) -> Option<Candidate> {
    let body_start = at + shape.prefix.len();
    if page.slice(at..body_start) != shape.prefix || is_inside_word(page, at, shape) {
        return None;
    }
    let body_end = page.run_end(body_start, shape.most + 1, |byte| shape.body.accepts(byte));
    let written = page.slice(body_start..body_end);
    // A full stop or a hyphen at the end belongs to the sentence.
    let body = match shape.body {
        Alphabet::Dotted => written.trim_end_matches(['.', '-']),
        _ => written,
    };
    if !(shape.fewest..=shape.most).contains(&body.len()) || !is_random(page, shape, body) {
        return None;
    }
    let span = at..body_start + body.len();
    Some(Candidate::plain(shape.kind, span, Confidence::High))
}

/// The secret that belongs to the AWS key id ending at `end`: forty characters nearby.
pub(crate) fn aws_secret_after(page: &Page<'_>, end: usize) -> Option<Candidate> {
    let limit = end + SECRET_REACH;
    let mut at = end;
    while at < limit && at < page.text.len() {
        let run_end = page.run_end(at, SECRET_LENGTH + 1, |byte| Alphabet::Base64.accepts(byte));
        let start = page.run_end(at, run_end - at, |byte| byte == b'=');
        let written = page.slice(start..run_end);
        if written.len() == SECRET_LENGTH && is_aws_secret(&page.profile(written)) {
            let span = start..run_end;
            return Some(Candidate::plain(Kind::AwsKey, span, Confidence::High));
        }
        at = run_end + 1;
    }
    None
}

/// Forty characters of base64 with all sorts mixed.
pub(crate) const fn is_aws_secret(profile: &Profile) -> bool {
    profile.length == SECRET_LENGTH
        && profile.lower > 0
        && profile.upper > 0
        && profile.digits > 0
        && profile.centibits >= 400
}

/// A prefix begins a word. One that starts behind a hyphen may be an option of a command
/// (`--sk-…`) but not the middle of a name.
fn is_inside_word(page: &Page<'_>, at: usize, shape: &Shape) -> bool {
    match shape.kind {
        Kind::AzureKey => return !matches!(page.byte_before(at), b'&' | b'?' | b';'),
        Kind::SlackToken if shape.prefix.starts_with("hooks") => return false,
        _ => {}
    }
    let hyphens = page.run_start(at, 3, |byte| byte == b'-');
    page.word_before(hyphens)
}

fn is_random(page: &Page<'_>, shape: &Shape, body: &str) -> bool {
    let profile = page.profile(body);
    let enough = if shape.fewest < 20 { MIN_SHORT_CENTIBITS } else { MIN_CENTIBITS };
    profile.centibits >= enough && !profile.is_wordy() && fits_issuer(shape, body, &profile)
}

/// What single issuers promise beyond the alphabet.
fn fits_issuer(shape: &Shape, body: &str, profile: &Profile) -> bool {
    match shape.prefix {
        "AKIA" | "ASIA" | "ABIA" | "ACCA" => {
            profile.digits > 0 && body.bytes().all(|byte| !matches!(byte, b'0' | b'1' | b'8' | b'9'))
        }
        "xoxb-" | "xoxp-" | "xoxa-" | "xoxr-" | "xoxs-" | "xoxo-" | "xoxc-" => {
            let last = body.rsplit('-').next().unwrap_or("");
            let long_number = |part: &str| part.len() >= 9 && part.bytes().all(|b| b.is_ascii_digit());
            body.split('-').any(long_number) && last.len() >= 12
        }
        "SG." => body.split('.').map(str::len).eq([22, 43]),
        "sig=" => body.contains("%3") || body.contains("%2") || body.ends_with('='),
        "sgp_" => {
            body.trim_start_matches("local_").bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'_')
        }
        "hf_" | "api_org_" => profile.lower > 0 && profile.upper > 0,
        "EAA" => profile.digits >= 5 && profile.lower > 0 && profile.upper > 0,
        _ => profile.digits > 0,
    }
}
