//! Rust text without its comments, without its texts, without its tests: enough of a lexer to
//! search for calls, not to understand them.

/// What is blanked out beside comments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    /// String literals stay.
    Kept,
    /// The inside of string literals is blanked; the quotes stay.
    Blanked,
}

/// The same text, as many lines, with blanks where comments were.
pub fn without_comments(text: &str, texts: Texts) -> String {
    let signs: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(sign) = signs.get(at).copied() {
        let next = signs.get(at + 1).copied();
        let end = match (sign, next) {
            ('/', Some('/')) => blank(&signs, at, line_end(&signs, at), &mut out),
            ('/', Some('*')) => blank(&signs, at, comment_end(&signs, at), &mut out),
            ('"', _) => literal(&signs, at, texts, &mut out),
            ('r', Some('"' | '#')) if !is_word(&signs, at) => match hashes(&signs, at + 1) {
                Some(count) => {
                    out.extend(signs.get(at..=at + count).unwrap_or_default());
                    raw_literal(&signs, at + 1 + count, count, texts, &mut out)
                }
                None => keep(sign, at, &mut out),
            },
            ('\'', _) => character(&signs, at, &mut out),
            _ => keep(sign, at, &mut out),
        };
        at = end;
    }
    out
}

/// The same text with blanks where `#[cfg(test)]` items were. Give it text without comments and texts.
pub fn without_tests(code: &str) -> String {
    without_items(code, "#[cfg(test)]")
}

/// The same text with blanks where items were that start with `attribute`.
pub fn without_items(code: &str, attribute: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find(attribute) {
        let (before, item) = rest.split_at(start);
        out.push_str(before);
        let (item, after) = item.split_at_checked(item_end(item)).unwrap_or((item, ""));
        out.extend(item.chars().map(|sign| if sign == '\n' { '\n' } else { ' ' }));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// To the `;` or the matching `}` that ends the item.
fn item_end(item: &str) -> usize {
    let mut depth = 0usize;
    for (at, sign) in item.char_indices() {
        match sign {
            ';' if depth == 0 => return at + 1,
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if sign == '}' && depth == 0 {
            return at + 1;
        }
    }
    item.len()
}

fn keep(sign: char, at: usize, out: &mut String) -> usize {
    out.push(sign);
    at + 1
}

fn blank(signs: &[char], from: usize, to: usize, out: &mut String) -> usize {
    let part = signs.get(from..to).unwrap_or_default();
    out.extend(part.iter().map(|sign| if *sign == '\n' { '\n' } else { ' ' }));
    to
}

/// Whether the sign before `at` belongs to a word, so that `r` is its end and not a prefix.
fn is_word(signs: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| signs.get(before));
    before.is_some_and(|sign| (sign.is_alphanumeric() || *sign == '_') && *sign != 'b')
}

fn line_end(signs: &[char], from: usize) -> usize {
    let length = signs.get(from..).unwrap_or_default().iter().position(|sign| *sign == '\n');
    length.map_or(signs.len(), |length| from + length)
}

fn comment_end(signs: &[char], from: usize) -> usize {
    let mut depth = 0usize;
    let mut at = from;
    while let Some(pair) = signs.get(at..at + 2) {
        match pair {
            ['/', '*'] => (depth, at) = (depth + 1, at + 2),
            ['*', '/'] => (depth, at) = (depth.saturating_sub(1), at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    signs.len()
}

/// The number of `#` before the quote of a raw literal; `None` if it is another thing (`r#type`).
fn hashes(signs: &[char], from: usize) -> Option<usize> {
    let count = signs.get(from..)?.iter().take_while(|sign| **sign == '#').count();
    (signs.get(from + count) == Some(&'"')).then_some(count)
}

/// Copies a literal whose quote is at `from`; a backslash protects the sign behind it.
fn literal(signs: &[char], from: usize, texts: Texts, out: &mut String) -> usize {
    let mut end = from + 1;
    while let Some(sign) = signs.get(end) {
        match sign {
            '\\' => end += 2,
            '"' => break,
            _ => end += 1,
        }
    }
    quoted(signs, from, end.min(signs.len()), texts, out)
}

fn raw_literal(signs: &[char], from: usize, count: usize, texts: Texts, out: &mut String) -> usize {
    let mut end = from + 1;
    while end < signs.len() {
        let closes = signs.get(end) == Some(&'"')
            && signs.get(end + 1..end + 1 + count).is_some_and(|tail| tail.iter().all(|sign| *sign == '#'));
        if closes {
            break;
        }
        end += 1;
    }
    quoted(signs, from, end, texts, out)
}

/// The quotes at `from` and `end` and what is between them.
fn quoted(signs: &[char], from: usize, end: usize, texts: Texts, out: &mut String) -> usize {
    match texts {
        Texts::Kept => out.extend(signs.get(from..end).unwrap_or_default()),
        Texts::Blanked => {
            out.push('"');
            blank(signs, from + 1, end, out);
        }
    }
    if end < signs.len() {
        out.push('"');
    }
    end + 1
}

/// A character literal is blanked, a lifetime is kept.
fn character(signs: &[char], at: usize, out: &mut String) -> usize {
    let end = match signs.get(at + 1) {
        Some('\\') => {
            let close = signs.get(at + 3..).unwrap_or_default().iter().position(|sign| *sign == '\'');
            close.map(|length| at + 3 + length + 1)
        }
        Some(_) if signs.get(at + 2) == Some(&'\'') => Some(at + 3),
        _ => None,
    };
    match end {
        Some(end) => blank(signs, at, end, out),
        None => keep('\'', at, out),
    }
}
