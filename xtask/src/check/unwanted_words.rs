//! Words that must not be in the project.

use super::Finding;
use super::files::SourceFile;
use super::rust_source::{Texts, without_comments, without_tests};
use crate::words::{Where, Word};

/// Places where one of `words` stands.
pub fn found(files: &[SourceFile], words: &[Word]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let shipped = shipped_lines(file);
        for (number, line) in file.text.lines().enumerate() {
            let lower = line.to_lowercase();
            let is_said = |word: &Word| contains(line, word.word) || contains(&lower, word.word);
            for word in words.iter().filter(|word| is_said(word)) {
                let counts = match word.place {
                    Where::Anywhere => true,
                    Where::Product => shipped.as_ref().is_some_and(|lines| lines.get(number) == Some(&true)),
                };
                if counts {
                    let place = format!("{}:{}", file.path, number + 1);
                    findings.push(Finding::new(place, format!("says `{}`", word.word), word.instead));
                }
            }
        }
    }
    findings
}

/// For each line of a shipped source file, whether it is outside `#[cfg(test)]`; `None` for other files.
fn shipped_lines(file: &SourceFile) -> Option<Vec<bool>> {
    if !file.is("rs") || file.is_test() || !file.path.starts_with("crates/") {
        return None;
    }
    let code = without_comments(&file.text, Texts::Blanked);
    let outside = without_tests(&code);
    Some(code.lines().zip(outside.lines()).map(|(with, without)| with == without).collect())
}

fn contains(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let is_part = |sign: Option<char>| sign.is_some_and(|sign| sign.is_alphanumeric() || sign == '_');
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        !is_part(before) && !is_part(after)
    })
}
