//! Private keys: PEM of every label, SSH2, PGP and PuTTY, the whole block where it is there.
//!
//! Public keys and certificates are none of its business.

use crate::ahead::Ahead;
use crate::finding::Confidence;
use crate::kind::Kind;
use crate::page::{Candidate, Page};

/// Bytes of a block: a 16,384-bit RSA key takes 13 KiB, a PGP key with pictures more.
const MAX_BLOCK: usize = 64 * 1024;
/// Bytes of the last line of a PuTTY key file: the longest digest has 128 digits.
const MAX_LAST_LINE: usize = 256;
/// Dashes and blanks before the label of a closing line. The formats have five; a drawn line has more.
const MAX_DASHES: usize = 16;
/// Bytes before `PRIVATE KEY` in an armour line: `-----BEGIN SSH2 ENCRYPTED `.
const MAX_LABEL: usize = 40;

/// What a closing armour line begins with.
pub(crate) const ARMOUR: &str = "----";

/// What opens and closes a PuTTY key file.
pub(crate) const PUTTY_START: &str = "PuTTY-User-Key-File-";
const PUTTY_END: &str = "Private-MAC:";

/// The block or the armour line around the words `PRIVATE KEY` at `at`.
pub(crate) fn at_label(page: &Page<'_>, at: usize, armour: &mut Ahead) -> Option<Candidate> {
    let label_end = at + "PRIVATE KEY".len();
    let label_start = page
        .run_start(at, MAX_LABEL, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ');
    if page.slice(at..label_end) != "PRIVATE KEY" || page.byte_before(label_start) != b'-' {
        return None;
    }
    let line_start = page.run_start(label_start, 5, |byte| byte == b'-');
    let closing = page.run_end(label_end, " BLOCK".len() + 1, |byte| {
        matches!(byte, b' ' | b'B' | b'L' | b'O' | b'C' | b'K')
    });
    let line_end = page.run_end(closing, 5, |byte| byte == b'-');
    if line_end == closing {
        return None;
    }
    let label = page.slice(label_start..at).trim_start();
    let (start, end) = if label.starts_with("BEGIN") {
        (line_start, block_end(page, line_end, armour))
    } else if label.starts_with("END") {
        (body_start(page, line_start), line_end)
    } else {
        return None;
    };
    Some(Candidate::plain(Kind::PrivateKey, start..end, Confidence::High))
}

/// End of the closing armour line, or of the key material where none follows.
fn block_end(page: &Page<'_>, body: usize, armour: &mut Ahead) -> usize {
    let closing = armour
        .of(page, body)
        .filter(|at| at - body <= MAX_BLOCK)
        .map(|at| page.run_end(at, MAX_DASHES, |byte| byte == b'-' || byte == b' '));
    if let Some(label) = closing.filter(|label| page.slice(*label..label + 3) == "END") {
        let words = page.run_end(label, MAX_LABEL * 2, |byte| {
            byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' '
        });
        return page.run_end(words, 5, |byte| byte == b'-');
    }
    let material = page.run_end(body, MAX_BLOCK, is_material);
    // Line ends after the material are not part of it.
    page.run_start(material, MAX_BLOCK, |byte| matches!(byte, b'\n' | b'\r')).max(body)
}

/// Start of the key material before a closing line that has no opening line.
fn body_start(page: &Page<'_>, line: usize) -> usize {
    let start = page.run_start(line, MAX_BLOCK, is_material);
    page.run_end(start, MAX_BLOCK, |byte| matches!(byte, b'\n' | b'\r')).min(line)
}

/// Base64 in lines, the line ends perhaps escaped.
fn is_material(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\n' | b'\r' | b'\\')
}

/// The PuTTY key file that starts at `at`.
pub(crate) fn at_putty_header(page: &Page<'_>, at: usize) -> Option<Candidate> {
    let body = at + PUTTY_START.len();
    if page.slice(at..body) != PUTTY_START {
        return None;
    }
    let limit = page.text.floor_char_boundary(body + MAX_BLOCK);
    let rest = page.slice(body..limit);
    // The next file's header ends this one, so no text is searched twice.
    let file = rest.split(PUTTY_START).next().unwrap_or("");
    page.budget.count(2 * file.len());
    let last_line = file.find(PUTTY_END).unwrap_or(0);
    let left = (file.len() - last_line).min(MAX_LAST_LINE);
    let end = page.run_end(body + last_line, left, |byte| byte != b'\n');
    let end = page.text.floor_char_boundary(end);
    Some(Candidate::plain(Kind::PrivateKey, at..end, Confidence::High))
}
