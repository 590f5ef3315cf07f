//! Reads the tables in `tests/data`.

use sift::{Context, Finding, Scanner, ScannerConfig};

/// The rows of a table, their columns unescaped. `#` starts a comment line.
pub fn rows(table: &str) -> Vec<Vec<String>> {
    table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
        .map(|line| line.split('\t').map(unescape).collect())
        .collect()
}

pub fn scanner() -> Scanner {
    Scanner::new(ScannerConfig::default()).expect("the tables are sound")
}

pub fn scan(scanner: &Scanner, text: &str) -> Vec<Finding> {
    scanner.scan(text, Context::none()).expect("the text is small")
}

/// `\n`, `\r`, `\t`, `\\` and `\u{…}`; `~~`, which keeps a made-up key from looking like a
/// real one in the file, is left out.
fn unescape(column: &str) -> String {
    let column = column.replace("~~", "");
    let mut text = String::new();
    let mut rest = column.as_str();
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        rest = match after.chars().next() {
            Some('n') => push(&mut text, '\n', after),
            Some('r') => push(&mut text, '\r', after),
            Some('t') => push(&mut text, '\t', after),
            Some('u') if after.starts_with("u{") => {
                let (code, rest) = after[2..].split_once('}').expect("a closed escape");
                let code = u32::from_str_radix(code, 16).expect("a number");
                text.push(char::from_u32(code).expect("a character"));
                rest
            }
            Some('\\') => push(&mut text, '\\', after),
            _ => {
                text.push('\\');
                after
            }
        };
    }
    text.push_str(rest);
    text
}

fn push<'a>(text: &mut String, character: char, after: &'a str) -> &'a str {
    text.push(character);
    &after[1..]
}
