//! What a command says: lines for people or JSON for programs, on standard output; failures on
//! standard error. The only module that writes to either, apart from the protocol messages of
//! `stdio`. A reader that went away is no error of the command.

use crate::Failure;
use serde_json::Value;
use std::io::Write as _;

/// In which form a command speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines for people.
    Text,
    /// One JSON value a line.
    Json,
}

/// Where a command speaks.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    form: Form,
}

impl Output {
    /// An output in `form`.
    pub const fn new(form: Form) -> Self {
        Self { form }
    }

    /// True if programs read it.
    pub fn is_json(self) -> bool {
        self.form == Form::Json
    }

    /// A line for people; nothing in JSON.
    pub fn text(self, line: impl AsRef<str>) {
        if self.form == Form::Text {
            self.raw(line.as_ref());
        }
    }

    /// A value for programs; nothing in text.
    pub fn json(self, value: &Value) {
        if self.form == Form::Json {
            self.raw(&value.to_string());
        }
    }

    /// The line or the value, by the form.
    pub fn say(self, line: impl AsRef<str>, value: &Value) {
        self.text(line);
        self.json(value);
    }

    /// A line in either form: a token, a policy, a receipt that was asked for as such.
    pub fn raw(self, line: &str) {
        let mut out = std::io::stdout().lock();
        let _reader_is_gone = writeln!(out, "{line}").and_then(|()| out.flush());
    }

    /// A remark for people on standard error; nothing in JSON.
    pub fn remark(self, line: impl AsRef<str>) {
        if self.form == Form::Text {
            let _reader_is_gone = writeln!(std::io::stderr().lock(), "{}", line.as_ref());
        }
    }

    /// A failure: code, cause and fix, on standard error.
    pub fn failure(self, failure: &Failure) {
        let mut out = std::io::stderr().lock();
        let _reader_is_gone = match self.form {
            Form::Json => writeln!(out, "{}", failure.to_json()),
            Form::Text => writeln!(out, "{}", in_text(failure)),
        };
    }
}

fn in_text(failure: &Failure) -> String {
    format!("error[{}]: {}\nfix: {}", failure.code, visible(&failure.cause), visible(&failure.fix))
}

/// Text from outside with its control and invisible signs escaped, so that it cannot steer a terminal.
pub fn visible(text: &str) -> String {
    text.chars()
        .map(|sign| {
            if sign == '\n' || sign == ' ' || sign.is_ascii_graphic() || is_plain(sign) {
                sign.to_string()
            } else {
                sign.escape_unicode().to_string()
            }
        })
        .collect()
}

/// Letters and digits of any script; everything else outside of ASCII is shown by its number.
fn is_plain(sign: char) -> bool {
    !sign.is_ascii()
        && sign.is_alphanumeric()
        && !matches!(sign, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
}

#[cfg(test)]
mod tests {
    use super::{in_text, visible};
    use crate::Failure;

    #[test]
    fn a_failure_has_code_cause_and_fix() {
        let failure = Failure::usage("no_token", "there is no token", "give one with --token-file");
        assert_eq!(in_text(&failure), "error[no_token]: there is no token\nfix: give one with --token-file");
        let error = serde_json::json!({ "code": "no_token", "cause": "there is no token", "fix": "give one with --token-file" });
        assert_eq!(failure.to_json(), serde_json::json!({ "error": error }));
    }

    #[test]
    fn text_from_outside_cannot_steer_a_terminal() {
        assert_eq!(
            visible("a\u{1b}[2Jb\u{202e}c\u{e0041}\u{3164}"),
            r"a\u{1b}[2Jb\u{202e}c\u{e0041}\u{3164}"
        );
        assert_eq!(visible("Müller, 東京: 5"), "Müller, 東京: 5");
    }
}
