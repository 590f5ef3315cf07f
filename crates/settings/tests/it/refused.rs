//! One row for each thing that can be wrong: the file, the key, the line, a word of the cause, a word of the advice.

mod cases;

use crate::{LEAST, NOW, parse};
use cases::CASES;
use settings::{Settings, SettingsError};
use std::path::Path;

struct Case {
    /// Appended to the least file, unless it starts with `=`: then it is the whole file.
    text: &'static str,
    key: &'static str,
    line: usize,
    cause: &'static str,
    advice: &'static str,
}

const fn case(
    text: &'static str,
    key: &'static str,
    line: usize,
    cause: &'static str,
    advice: &'static str,
) -> Case {
    Case { text, key, line, cause, advice }
}

#[test]
fn each_error_names_key_line_cause_and_fix() {
    for case in CASES {
        let text = case.text.strip_prefix('=').map_or_else(|| format!("{LEAST}{}", case.text), str::to_owned);
        let error = parse(&text).map(drop).expect_err(case.text);
        let shown = error.to_string();
        assert_eq!(error.key(), Some(case.key), "{shown}");
        assert_eq!(error.line(), (case.line > 0).then_some(case.line), "{shown}");
        assert!(shown.contains(case.cause), "{shown}");
        assert!(error.hint().contains(case.advice), "{shown}: {}", error.hint());
        assert!(shown.starts_with("/etc/secure-mcp/secure-mcp.toml"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    println!("settings: {} passed", CASES.len());
}

#[test]
fn what_is_not_toml_is_refused_with_its_line() {
    for (text, line) in [("[server]\nlisten = \n", 2), ("[server]\n[server]\n", 2), ("a = 1\na = 2\n", 2)] {
        let error = parse(text).unwrap_err();
        assert!(matches!(error, SettingsError::Syntax { .. }), "{error}");
        assert_eq!(error.line(), Some(line), "{error}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let error = Settings::load(Path::new("/nowhere/secure-mcp.toml"), NOW).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().contains("/nowhere/secure-mcp.toml")),
        ("config_unreadable", true)
    );
}
