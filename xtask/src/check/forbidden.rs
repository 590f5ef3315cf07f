//! Calls that no shipped code makes. Clippy refuses them too; this scan needs no clippy.

use super::Finding;
use super::files::SourceFile;
use super::rust_source::{Texts, without_comments, without_items, without_tests};
use super::waiving;
use crate::waivers::Waiver;

/// One call: the wall's name for waivers, what is searched, what to do instead.
struct Forbidden {
    wall: &'static str,
    pattern: &'static str,
    fix: &'static str,
}

const FORBIDDEN: &[Forbidden] = &[
    Forbidden { wall: "unwrap", pattern: ".unwrap()", fix: "return the error" },
    // A parser may have a method of this name; one that takes a text is the panicking one.
    Forbidden { wall: "expect", pattern: ".expect(\"", fix: "return the error" },
    Forbidden { wall: "unwrap", pattern: "todo!(", fix: "write it" },
    Forbidden { wall: "unwrap", pattern: "unimplemented!(", fix: "write it" },
    Forbidden { wall: "process", pattern: "process::Command", fix: "start processes through `sandbox`" },
];

/// Findings that no waiver covers, and the waivers that covered others.
pub fn waived<'a>(files: &[SourceFile], waivers: &'a [Waiver]) -> (Vec<Finding>, Vec<&'a Waiver>) {
    let mut findings = Vec::new();
    let mut used = Vec::new();
    for wall in ["unwrap", "expect", "process"] {
        let (left, more) = waiving::apply(wall, waivers, found(files, wall));
        findings.extend(left);
        used.extend(more);
    }
    (findings, used)
}

fn found(files: &[SourceFile], wall: &str) -> Vec<Finding> {
    let ours = ["crates/", "xtask/src/"];
    let shipped = |file: &&SourceFile| {
        file.is("rs") && !file.is_test() && ours.iter().any(|folder| file.path.starts_with(folder))
    };
    files.iter().filter(shipped).flat_map(|file| in_file(file, wall)).collect()
}

fn in_file(file: &SourceFile, wall: &str) -> Vec<Finding> {
    let code = without_tests(&without_comments(&file.text, Texts::Blanked));
    let code = without_items(&code, reasoned(wall));
    let (tight, lines) = tight(&code);
    let mut findings = Vec::new();
    let mut report = |at: usize, pattern: &str, fix: &str| {
        let line = lines.get(at).copied().unwrap_or_default();
        let what = format!("`{}` in shipped code", pattern.trim_end_matches(['(', '"']));
        findings.push(Finding::new(format!("{}:{line}", file.path), what, fix));
    };
    for forbidden in FORBIDDEN.iter().filter(|forbidden| forbidden.wall == wall) {
        for (at, _) in tight.match_indices(forbidden.pattern) {
            report(at, forbidden.pattern, forbidden.fix);
        }
        if wall == "process" {
            for (at, _) in tight.match_indices("process::{").filter(|(at, _)| lists_command(tight.get(*at..)))
            {
                report(at, forbidden.pattern, forbidden.fix);
            }
        }
    }
    findings
}

/// The attribute of an exception that stands, with its reason, on the item itself; clippy holds it
/// to be needed. A process has no such exception.
fn reasoned(wall: &str) -> &'static str {
    match wall {
        "unwrap" => "#[expect(clippy::unwrap_used, reason = ",
        "expect" => "#[expect(clippy::expect_used, reason = ",
        _ => "#[no exception]",
    }
}

/// `process::{Child,Command}`
fn lists_command(import: Option<&str>) -> bool {
    let list = import.and_then(|text| text.split(['{', '}']).nth(1)).unwrap_or_default();
    list.split(',').any(|name| name == "Command" || name.starts_with("Commandas"))
}

/// The code without blanks, so that a call that rustfmt spread over lines is one piece, and the
/// line of each of its bytes.
fn tight(code: &str) -> (String, Vec<usize>) {
    let mut out = String::with_capacity(code.len());
    let mut lines = Vec::with_capacity(code.len());
    for (number, line) in code.lines().enumerate() {
        for sign in line.chars().filter(|sign| !sign.is_whitespace()) {
            out.push(sign);
            lines.resize(out.len(), number + 1);
        }
    }
    (out, lines)
}
