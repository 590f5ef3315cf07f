//! From the path of a key (`resource[1].path`) to its line in the file.

use toml::de::{DeTable, DeValue};

/// The line, from 1, of the byte at `offset`.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// The line of the key at `path`; of the nearest table around it if the key is not there.
pub(crate) fn line_of(text: &str, document: &DeTable<'_>, path: &str) -> Option<usize> {
    let mut table = document;
    let mut found = None;
    for segment in path.split('.') {
        let (name, position) = match segment.split_once('[') {
            Some((name, rest)) => (name, rest.trim_end_matches(']').parse::<usize>().ok()),
            None => (segment, None),
        };
        let Some((key, value)) = table.iter().find(|(key, _)| *key.get_ref() == name) else { break };
        found = Some(key.span().start);
        let value = match (value.get_ref(), position) {
            (DeValue::Array(items), Some(position)) => {
                let Some(item) = items.get(position) else { break };
                found = Some(item.span().start);
                item.get_ref()
            }
            (value, _) => value,
        };
        let DeValue::Table(inner) = value else { break };
        table = inner;
    }
    found.map(|offset| line_at(text, offset))
}
