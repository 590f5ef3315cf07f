//! What is different between two calls' arguments, for a person who has to agree: nothing hidden, bounded.

use domain::Json;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A person reads no more; the whole arguments stand beside it.
const MAX_LINES: usize = 400;

/// Signs of one line.
const MAX_LINE_SIGNS: usize = 300;

/// A text in which everything that is not plainly seen is written out: controls, marks of direction, signs
/// without width, unusual spaces. `\` is `\\`, so that no text looks like an escape.
pub(crate) fn plainly(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '\\' => shown.push_str("\\\\"),
            ' ' => shown.push(' '),
            sign if sign.is_ascii_graphic() => shown.push(sign),
            // Letters of any script; the four that are letters and show nothing are the fillers of Hangul.
            sign if sign.is_alphanumeric() && !"\u{115f}\u{1160}\u{3164}\u{ffa0}".contains(sign) => {
                shown.push(sign);
            }
            // Writing into a String cannot fail.
            sign => drop(write!(shown, "\\u{{{:x}}}", u32::from(sign))),
        }
    }
    shown
}

/// The lines that went (`-`) and came (`+`), each place under its JSON pointer. Empty if nothing is different.
pub(crate) fn difference(before: &Json, now: &Json) -> Vec<String> {
    let mut lines = Vec::new();
    compare(before, now, "", &mut lines);
    if lines.len() > MAX_LINES {
        let more = lines.len() - MAX_LINES;
        lines.truncate(MAX_LINES);
        lines.push(format!("… and {more} lines more"));
    }
    lines
}

fn compare(before: &Json, now: &Json, place: &str, lines: &mut Vec<String>) {
    match (before, now) {
        (Json::Object(old), Json::Object(new)) => {
            let old: BTreeMap<&str, &Json> = old.iter().map(|(key, value)| (&**key, value)).collect();
            let new: BTreeMap<&str, &Json> = new.iter().map(|(key, value)| (&**key, value)).collect();
            for (key, value) in &old {
                let place = format!("{place}/{key}");
                match new.get(key) {
                    Some(other) => compare(value, other, &place, lines),
                    None => gone_and_new(Some(value), None, &place, lines),
                }
            }
            for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                gone_and_new(None, Some(value), &format!("{place}/{key}"), lines);
            }
        }
        (before, now) if before.to_sorted_string() == now.to_sorted_string() => {}
        (before, now) => gone_and_new(Some(before), Some(now), place, lines),
    }
}

/// Of two texts only the lines between what both begin and end with.
fn gone_and_new(before: Option<&Json>, now: Option<&Json>, place: &str, lines: &mut Vec<String>) {
    lines.push(cut(&plainly(if place.is_empty() { "/" } else { place })));
    let (mut old, mut new) = (before.map(text_of).unwrap_or_default(), now.map(text_of).unwrap_or_default());
    if let (Some(before), Some(now), true) = (before, now, old == new) {
        // A number and the text of it: only as JSON are they different.
        (old, new) = (before.to_sorted_string(), now.to_sorted_string());
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    let (old, new) = match (before, now) {
        (Some(_), Some(_)) => between(&old, &new),
        _ => (&old[..], &new[..]),
    };
    if before.is_some() {
        lines.extend(old.iter().map(|line| cut(&format!("  - {}", plainly(line)))));
    }
    if now.is_some() {
        lines.extend(new.iter().map(|line| cut(&format!("  + {}", plainly(line)))));
    }
}

fn between<'a, 'b>(old: &'a [&'b str], new: &'a [&'b str]) -> (&'a [&'b str], &'a [&'b str]) {
    let same = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (old, new) = (old.get(same..).unwrap_or_default(), new.get(same..).unwrap_or_default());
    let same = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let upto = |lines: &'a [&'b str]| lines.get(..lines.len() - same).unwrap_or_default();
    (upto(old), upto(new))
}

/// A text as it is, so that its lines are lines; anything else as JSON.
fn text_of(value: &Json) -> String {
    match value {
        Json::String(text) => text.to_string(),
        other => other.to_sorted_string(),
    }
}

fn cut(line: &str) -> String {
    if line.chars().count() <= MAX_LINE_SIGNS {
        return line.to_owned();
    }
    line.chars().take(MAX_LINE_SIGNS).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::{difference, plainly};
    use domain::{Json, JsonLimits};

    fn lines(before: &str, now: &str) -> Vec<String> {
        let read = |text: &str| Json::parse(text.as_bytes(), JsonLimits::MESSAGE).unwrap();
        difference(&read(before), &read(now))
    }

    #[test]
    fn what_is_hidden_is_written_out_and_letters_stay() {
        for (text, shown) in [
            ("print(1)", "print(1)"),
            ("a\u{202e}b\u{200b}c", "a\\u{202e}b\\u{200b}c"),
            ("\u{1b}[2J\t\r\0", "\\u{1b}[2J\\u{9}\\u{d}\\u{0}"),
            ("Straße 東京", "Straße 東京"),
            ("\u{3164}\u{e0041}\u{feff}\u{a0}", "\\u{3164}\\u{e0041}\\u{feff}\\u{a0}"),
            ("\\u{202e}", "\\\\u{202e}"),
        ] {
            assert_eq!(plainly(text), shown);
        }
    }

    #[test]
    fn only_what_changed_is_shown_under_its_place() {
        let before = r#"{"code": "import os\nprint(1)\nprint(2)", "timeout_ms": 60000, "stdin": "x"}"#;
        let now = r#"{"code": "import os\nprint(3)\nprint(2)", "timeout_ms": 60001, "files": {"a": "1"}}"#;
        let expected = [
            "/code",
            "  - print(1)",
            "  + print(3)",
            "/stdin",
            "  - x",
            "/timeout_ms",
            "  - 60000",
            "  + 60001",
            "/files",
            "  + {\"a\":\"1\"}",
        ];
        assert_eq!(lines(before, now), expected);
        assert_eq!(lines(before, before), [""; 0]);
        assert_eq!(lines("{\"a\": 1}", "{\"a\": 1.0}"), ["/a", "  - 1", "  + 1.0"]);
        assert_eq!(lines("{\"a\": \"1\"}", "{\"a\": 1}").len(), 3, "a number is not the text of it");
    }

    #[test]
    fn it_is_bounded() {
        let long = |sign: &str| {
            format!("{{\"a\": \"{}\", \"b\": \"{}\"}}", format!("{sign}\\n").repeat(5000), sign.repeat(9000))
        };
        let lines = lines(&long("x"), &long("y"));
        assert!(lines.len() <= 401 && lines.iter().all(|line| line.chars().count() <= 301));
        assert!(lines.last().unwrap().starts_with("… and "));
    }
}
