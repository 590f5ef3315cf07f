//! A file has one subject; one that needs more than 500 code lines has two.

use super::Finding;
use super::files::SourceFile;
use super::rust_source::{Texts, without_comments};

/// Code lines: comments and blank lines are not counted, tests are.
const MAX_CODE_LINES: usize = 500;

/// Files above the limit.
pub fn too_long(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let lines = match code_lines(file) {
            Some(lines) if lines > MAX_CODE_LINES => lines,
            _ => continue,
        };
        let what = format!("has {lines} code lines, {MAX_CODE_LINES} are allowed");
        findings.push(Finding::new(&file.path, what, "split it by subject"));
    }
    findings
}

/// `None` for a kind of file that holds no code.
fn code_lines(file: &SourceFile) -> Option<usize> {
    let is_code = |line: &&str| !line.trim().is_empty();
    let is_not = |mark: &'static str| move |line: &&str| !line.trim_start().starts_with(mark);
    if file.is("rs") {
        Some(without_comments(&file.text, Texts::Kept).lines().filter(is_code).count())
    } else if ["ts", "js", "mjs", "cedar"].iter().any(|kind| file.is(kind)) {
        Some(file.text.lines().filter(is_code).filter(is_not("//")).count())
    } else if ["py", "sh"].iter().any(|kind| file.is(kind)) {
        Some(file.text.lines().filter(is_code).filter(is_not("#")).count())
    } else {
        None
    }
}
