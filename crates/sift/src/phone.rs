//! Telephone numbers: international ones, clear national forms, and any other written
//! number beside a word that says it is one.
//!
//! Precision comes before recall: seven digits alone are an order number as often as not.

use crate::context;
use crate::finding::Confidence;
use crate::kind::Kind;
use crate::numbers::{NumberMatch, Run};
use crate::page::{Candidate, Page};
use crate::phone_plan;

/// E.164 §6.1.
const MAX_DIGITS: usize = 15;
/// Shortest number in three groups that a word beside it makes a telephone number; in one
/// or two groups it takes one digit more, since houses and flats are numbered that way.
const MIN_DIGITS: usize = 6;
/// Groups of one number: `+33 1 23 45 67 89` has six, one more for `(0)`.
const MAX_GROUPS: usize = 7;
/// Bytes of an extension, `" extension 123456"`.
const MAX_EXTENSION_DIGITS: usize = 6;

const WORDS: [&str; 43] = [
    "phone",
    "phones",
    "telephone",
    "tel",
    "mobile",
    "cell",
    "cellphone",
    "fax",
    "call",
    "calling",
    "called",
    "dial",
    "ring",
    "sms",
    "text",
    "whatsapp",
    "signal",
    "contact",
    "reach",
    "answering",
    "hotline",
    "helpline",
    "landline",
    "voicemail",
    "telefon",
    "telefono",
    "teléfono",
    "téléphone",
    "telefone",
    "móvil",
    "movil",
    "celular",
    "handy",
    "mobil",
    "mobiel",
    "portable",
    "rufnummer",
    "pager",
    "office",
    "msisdn",
    "电话",
    "手机",
    "電話",
];

/// Words that say a number is something else.
const OTHER_WORDS: [&str; 20] = [
    "order",
    "invoice",
    "isbn",
    "issn",
    "sku",
    "ticket",
    "tracking",
    "reference",
    "ref",
    "serial",
    "case",
    "model",
    "part",
    "version",
    "account",
    "id",
    "hash",
    "commit",
    "price",
    "date",
];

/// The number that begins with the group `index` of `run`.
pub(crate) fn at_group(page: &Page<'_>, run: Run<'_>, index: usize) -> Option<NumberMatch> {
    let (used, confidence) = international(page, run, index)
        .or_else(|| national(page, run, index))
        .or_else(|| said_to_be(page, run, index))?;
    let (first, last) = (run.group(index)?, run.group(index + used - 1)?);
    let end = extension_end(page, last.end);
    Some(NumberMatch {
        candidate: Candidate::plain(Kind::Phone, start_of(page, first.start)..end, confidence),
        groups: used,
    })
}

/// A plus sign or an opening bracket belongs to the number.
fn start_of(page: &Page<'_>, digits: usize) -> usize {
    let bracket = page.run_start(digits, 1, |byte| byte == b'(');
    page.run_start(bracket, 1, |byte| byte == b'+')
}

fn extension_end(page: &Page<'_>, end: usize) -> usize {
    let at = page.run_end(end, 1, |byte| byte == b' ');
    for mark in ["extension", "ext.", "ext", "x"] {
        let found = page.slice(at..at + mark.len()).eq_ignore_ascii_case(mark);
        let digits = page.run_end(at + mark.len(), 1, |byte| byte == b' ');
        let last = page.run_end(digits, MAX_EXTENSION_DIGITS, |byte| byte.is_ascii_digit());
        if found && last > digits && !page.word_at(last) {
            return last;
        }
    }
    end
}

/// `+` or `00`, a calling code, and as many digits as that country's numbers have.
fn international(page: &Page<'_>, run: Run<'_>, index: usize) -> Option<(usize, Confidence)> {
    let first = run.group(index)?;
    let plus = page.byte_before(first.start) == b'+' && !page.word_before(first.start - 1);
    let zeros = page.slice(first.start..first.end).starts_with("00");
    let opens = plus || zeros && starts_cleanly(page, run, index);
    if !opens {
        return None;
    }
    let mut digits = String::with_capacity(MAX_DIGITS + 2);
    let mut best = None;
    for used in 1..=MAX_GROUPS {
        let Some(group) = run.group(index + used - 1) else {
            break;
        };
        let written = page.slice(group.start..group.end);
        let trunk = used > 1 && written == "0" && page.byte(group.end) == b')';
        if digits.len() + written.len() > MAX_DIGITS + 2 {
            break;
        }
        if !trunk {
            digits.push_str(written);
        }
        let number = digits.strip_prefix("00").filter(|_| zeros).unwrap_or(&digits);
        if phone_plan::is_possible(number) && !page.word_at(extension_end(page, group.end)) {
            best = Some(used);
        }
        if !is_separator(run.separator_after(page, index + used - 1)) {
            break;
        }
    }
    let confidence = if plus { Confidence::High } else { Confidence::Medium };
    best.map(|used| (used, confidence))
}

/// Forms that are hardly anything else: ten North American digits in three groups, and a
/// trunk zero with grouped digits.
fn national(page: &Page<'_>, run: Run<'_>, index: usize) -> Option<(usize, Confidence)> {
    let first = run.group(index)?;
    let used = north_american(page, run, index).or_else(|| trunk_zero(page, run, index))?;
    let good = starts_cleanly(page, run, index)
        && ends_cleanly(page, run, index, used)
        && !speaks_against(page, first.start);
    good.then_some((used, Confidence::Medium))
}

fn north_american(page: &Page<'_>, run: Run<'_>, index: usize) -> Option<usize> {
    let first = run.group(index)?;
    let prefixed = matches!(page.slice(first.start..first.end), "1" | "001");
    let area = index + usize::from(prefixed);
    let lengths = [0, 1, 2].map(|offset| run.group(area + offset).map_or(0, |group| group.len()));
    let separators = (run.separator_after(page, area), run.separator_after(page, area + 1));
    let bracket = run.group(area).is_some_and(|group| page.byte_before(group.start) == b'(');
    let written = match separators {
        (")" | ") " | ")-", "-" | "." | " ") => bracket,
        ("-", "-") | (".", ".") | ("/", "-") => true,
        (" ", "-" | " ") => is_dialled(page, run, area),
        _ => false,
    };
    (lengths == [3, 3, 4] && written).then_some(3 + usize::from(prefixed))
}

/// Area code and exchange as the numbering plan allows them; with spaces alone the form
/// needs that much.
fn is_dialled(page: &Page<'_>, run: Run<'_>, area: usize) -> bool {
    let starts_high =
        |index: usize| run.group(index).is_some_and(|group| matches!(page.byte(group.start), b'2'..=b'9'));
    starts_high(area) && starts_high(area + 1) && run.separator_after(page, area + 1) == "-"
}

fn trunk_zero(page: &Page<'_>, run: Run<'_>, index: usize) -> Option<usize> {
    let first = run.group(index)?;
    let area = page.slice(first.start..first.end);
    if !area.starts_with('0') || area.starts_with("00") || !(2..=5).contains(&area.len()) {
        return None;
    }
    let bracket = page.byte_before(first.start) == b'(';
    let separator = run.separator_after(page, index);
    let mut total = first.len();
    let mut used = 1;
    while let Some(group) = run.group(index + used) {
        let between = run.separator_after(page, index + used - 1);
        let same = between == separator || (bracket && matches!(between, " " | "-"));
        if !same || !is_separator(between) || total + group.len() > 12 {
            break;
        }
        total += group.len();
        used += 1;
    }
    let grouped =
        (index + 1..index + used).filter_map(|at| run.group(at)).all(|group| (2..=4).contains(&group.len()));
    let clear = if bracket { used >= 2 } else { used >= 3 && grouped };
    ((9..=12).contains(&total) && clear).then_some(used)
}

/// Any number with a word beside it that says it is a telephone number.
fn said_to_be(page: &Page<'_>, run: Run<'_>, index: usize) -> Option<(usize, Confidence)> {
    let first = run.group(index)?;
    if !run.is_led(index) || !starts_cleanly(page, run, index) {
        return None;
    }
    let mut total = 0;
    let mut best = None;
    for used in 1..=MAX_GROUPS {
        let Some(group) = run.group(index + used - 1) else {
            break;
        };
        total += group.len();
        if total > MAX_DIGITS {
            break;
        }
        let dotted = used == 2 && run.separator_after(page, index) == ".";
        let enough = total >= MIN_DIGITS + usize::from(used < 3);
        if enough && !dotted && ends_cleanly(page, run, index, used) {
            best = Some((used, group.end));
        }
        if !is_separator(run.separator_after(page, index + used - 1)) {
            break;
        }
    }
    let (used, end) = best?;
    let told = !is_date(page, run, index)
        && (context::speaks_for(page, first.start, extension_end(page, end), &WORDS)
            || is_somebodys(page, first.start))
        && !speaks_against(page, first.start);
    told.then_some((used, Confidence::Medium))
}

fn speaks_against(page: &Page<'_>, start: usize) -> bool {
    context::near_before(page, start, 3, &OTHER_WORDS)
}

/// "my number is", "her new number".
fn is_somebodys(page: &Page<'_>, start: usize) -> bool {
    context::near_before(page, start, 2, &["number"])
        && context::near_before(page, start, 4, &["my", "his", "her", "your", "their", "our"])
}

/// The number is not the tail of a word, an amount, a fraction or a longer number.
fn starts_cleanly(page: &Page<'_>, run: Run<'_>, index: usize) -> bool {
    let Some(first) = run.group(index) else {
        return false;
    };
    let before = run.separator_before(page, index);
    let apart = before.is_empty() || before.starts_with([' ', '\t']);
    let byte = page.byte_before(start_of(page, first.start));
    apart
        && !page.word_before(first.start)
        && !page.word_before(start_of(page, first.start))
        && !matches!(byte, b'-' | b'.' | b'$' | b'#' | b'+' | b'/' | b'%' | b'@')
}

/// The number does not run on into a word or a longer number.
fn ends_cleanly(page: &Page<'_>, run: Run<'_>, index: usize, used: usize) -> bool {
    let Some(last) = run.group(index + used - 1) else {
        return false;
    };
    let after = run.separator_after(page, index + used - 1);
    let apart = after.is_empty() || !is_separator(after) || after == " ";
    apart && !page.word_at(extension_end(page, last.end)) && page.byte(last.end) != b'%'
}

fn is_separator(separator: &str) -> bool {
    matches!(separator, " " | "-" | "." | "/" | ")" | ") " | ")-" | " (" | "(" | " - " | "-(")
}

/// A year with two small numbers on one side.
fn is_date(page: &Page<'_>, run: Run<'_>, index: usize) -> bool {
    let part =
        |offset: usize| run.group(index + offset).map_or("", |group| page.slice(group.start..group.end));
    let is_year = |text: &str| text.len() == 4 && (text.starts_with("19") || text.starts_with("20"));
    let is_small = |text: &str| (1..=2).contains(&text.len());
    is_small(part(1)) && (is_year(part(0)) && is_small(part(2)) || is_small(part(0)) && is_year(part(2)))
}
