//! The first reading of a file: every key known, every value of its type and within its bounds.

use crate::error::Fault;
use crate::keys::{Key, Kind, Need};
use crate::nearest::nearest;
use toml::de::{DeTable, DeValue};

/// An unknown key, or a known one that cannot hold its value.
pub(crate) enum Found {
    Unknown { key: String, advice: String, offset: usize },
    Wrong(Fault),
}

/// Goes through the whole document; the first thing that is wrong is the answer.
pub(crate) fn check(table: &DeTable<'_>, keys: &[Key], path: &str) -> Result<(), Found> {
    for (name, value) in table {
        let at = join(path, name.get_ref());
        let Some(key) = keys.iter().find(|key| key.name == *name.get_ref()) else {
            return Err(unknown(at, name.get_ref(), keys, name.span().start));
        };
        check_value(value.get_ref(), &key.kind, &at)?;
    }
    let missing = keys
        .iter()
        .find(|key| key.need == Need::Required && !table.iter().any(|(name, _)| *name.get_ref() == key.name));
    missing.map_or(Ok(()), |key| {
        Err(Found::Wrong(Fault::new(join(path, key.name), "is missing", format!("add it: {}", key.doc))))
    })
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn unknown(key: String, name: &str, keys: &[Key], offset: usize) -> Found {
    let names = keys.iter().map(|key| key.name);
    let advice = match nearest(name, names.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("allowed here: {}", names.collect::<Vec<_>>().join(", ")),
    };
    Found::Unknown { key, advice, offset }
}

fn check_value(value: &DeValue<'_>, kind: &Kind, path: &str) -> Result<(), Found> {
    let wrong = |cause: &str, advice: String| Err(Found::Wrong(Fault::new(path, cause, advice)));
    match (kind, value) {
        (Kind::Text, DeValue::String(text)) if text.trim().is_empty() => {
            wrong("is empty", "write a value, or leave the key out".to_owned())
        }
        (Kind::Text, DeValue::String(_))
        | (Kind::Switch, DeValue::Boolean(_))
        | (Kind::Moment, DeValue::Datetime(_) | DeValue::String(_)) => Ok(()),
        (Kind::Word(words), DeValue::String(text)) => {
            if words.contains(&text.as_ref()) {
                return Ok(());
            }
            wrong(&format!("is `{}`", text.escape_debug()), format!("write one of: {}", words.join(", ")))
        }
        (Kind::Whole(least, most), DeValue::Integer(number)) => {
            let parsed = i64::from_str_radix(&number.as_str().replace('_', ""), number.radix());
            match parsed {
                Ok(number) if (*least..=*most).contains(&number) => Ok(()),
                _ => wrong(&format!("is {number}"), format!("write a whole number from {least} to {most}")),
            }
        }
        (Kind::Texts, DeValue::Array(items)) => items
            .iter()
            .enumerate()
            .try_for_each(|(at, item)| check_value(item.get_ref(), &Kind::Text, &format!("{path}[{at}]"))),
        (Kind::Table(keys), DeValue::Table(table)) => check(table, keys, path),
        (Kind::Tables(keys), DeValue::Array(items)) => {
            items.iter().enumerate().try_for_each(|(at, item)| match item.get_ref() {
                DeValue::Table(table) => check(table, keys, &format!("{path}[{at}]")),
                other => {
                    wrong(&format!("holds {}", describe(other)), format!("write {}", kind.describe(path)))
                }
            })
        }
        (kind, other) => wrong(&format!("is {}", describe(other)), format!("write {}", kind.describe(path))),
    }
}

fn describe(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a switch",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl Kind {
    fn describe(&self, path: &str) -> String {
        match self {
            Self::Text => "a text in quotes".to_owned(),
            Self::Word(words) => format!("one of: {}", words.join(", ")),
            Self::Whole(least, most) => format!("a whole number from {least} to {most}"),
            Self::Switch => "true or false".to_owned(),
            Self::Moment => "a date such as 2030-01-31".to_owned(),
            Self::Texts => "a list of texts, [\"…\"]".to_owned(),
            Self::Table(_) => format!("a table, [{path}]"),
            Self::Tables(_) => format!("a list of tables, each starting with [[{path}]]"),
        }
    }
}
