//! Hidden text in arguments: what a person who approves cannot see must not run.

use domain::{Json, Refusal, RefusalCode};
use sift::{Class, Context, Scanner};

/// Refuses with `invalid_arguments` if a string or key holds invisible, bidirectional or control signs.
pub(crate) fn check(scanner: &Scanner, arguments: &Json) -> Result<(), Refusal> {
    match arguments {
        Json::String(text) => clean(scanner, text),
        Json::Array(items) => items.iter().try_for_each(|item| check(scanner, item)),
        Json::Object(members) => members.iter().try_for_each(|(key, value)| {
            clean(scanner, key)?;
            check(scanner, value)
        }),
        Json::Null | Json::Bool(_) | Json::Number(_) => Ok(()),
    }
}

fn clean(scanner: &Scanner, text: &str) -> Result<(), Refusal> {
    let findings = scanner.scan(text, Context::none()).map_err(|error| {
        Refusal::new(RefusalCode::TooLarge, format!("an argument cannot be scanned: {error}"))
    })?;
    match findings.iter().find(|finding| finding.class() == Class::HiddenText) {
        None => Ok(()),
        Some(finding) => {
            let kind = finding.kind.name();
            Err(Refusal::new(
                RefusalCode::InvalidArguments,
                format!("an argument holds hidden text ({kind})"),
            )
            .with_hint(format!("A string holds hidden text ({kind}); remove it.")))
        }
    }
}
