//! Hidden text in arguments: what a person who approves cannot see must not run.

use crate::{Aside, Validator};
use domain::{Json, Refusal, RefusalCode};
use manifest::Arguments;
use sift::{Class, Context, Scanner};
use std::sync::Arc;

/// Refuses with `invalid_arguments` if a string or key holds invisible, bidirectional or control signs.
/// Big arguments are read beside the threads that serve sockets.
pub(crate) async fn check(validator: &Validator, arguments: &Arguments) -> Result<(), Refusal> {
    if arguments.bytes() <= Aside::INLINE_BYTES {
        return read(&validator.inbound, arguments.json());
    }
    let (scanner, json) = (Arc::clone(&validator.inbound), arguments.json().clone());
    validator.aside.run(move || read(&scanner, &json)).await?
}

fn read(scanner: &Scanner, arguments: &Json) -> Result<(), Refusal> {
    match arguments {
        Json::String(text) => clean(scanner, text),
        Json::Array(items) => items.iter().try_for_each(|item| read(scanner, item)),
        Json::Object(members) => members.iter().try_for_each(|(key, value)| {
            clean(scanner, key)?;
            read(scanner, value)
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
