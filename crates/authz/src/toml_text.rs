//! Reads a TOML text of the policy folder and says in its author's words what is wrong with it.

use crate::error::Problem;
use crate::nearest::did_you_mean;
use serde::de::DeserializeOwned;

/// Reads `text` of `file` as `T`. The problem names the line and, for an unknown key, the nearest known one.
pub(crate) fn read<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Problem> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| line_of(text, span.start));
        let message = error.message();
        Problem::new(file, message, advice(message)).on_line(line)
    })
}

/// The line of byte `at`; the first is 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// serde names the unknown key first and then, also in backticks, the known ones.
fn advice(message: &str) -> String {
    let otherwise = "correct the row; docs/policy.md shows every key";
    let mut quoted = message.split('`').skip(1).step_by(2);
    match quoted.next() {
        Some(unknown) if message.starts_with("unknown field") => did_you_mean(unknown, quoted, otherwise),
        _ => otherwise.to_owned(),
    }
}
