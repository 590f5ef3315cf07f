//! The table of keys, the structs of the file and the published schema say the same.

use crate::keys::{Key, Kind, ROOT};
use crate::raw::RawSettings;
use std::collections::BTreeSet;
use toml::Value;
use toml::map::Map;

fn full(keys: &[Key]) -> Map<String, Value> {
    keys.iter().map(|key| (key.name.to_owned(), full_value(&key.kind))).collect()
}

fn full_value(kind: &Kind) -> Value {
    match kind {
        Kind::Text => Value::String("text".to_owned()),
        Kind::Word(words) => Value::String(words[0].to_owned()),
        Kind::Whole(least, _) => Value::Integer(*least),
        Kind::Switch => Value::Boolean(true),
        Kind::Moment => Value::String("2030-01-31".to_owned()),
        Kind::Texts => Value::Array(vec![Value::String("text".to_owned())]),
        Kind::Table(keys) => Value::Table(full(keys)),
        Kind::Tables(keys) => Value::Array(vec![Value::Table(full(keys))]),
    }
}

/// Every table of the configuration as the steps that lead to it.
fn tables(
    keys: &'static [Key],
    path: Vec<&'static str>,
    found: &mut Vec<(Vec<&'static str>, &'static [Key])>,
) {
    for key in keys {
        if let Kind::Table(inner) | Kind::Tables(inner) = key.kind {
            tables(inner, [path.clone(), vec![key.name]].concat(), found);
        }
    }
    found.push((path, keys));
}

fn table_at<'a>(root: &'a mut Map<String, Value>, path: &[&str]) -> &'a mut Map<String, Value> {
    path.iter().fold(root, |table, step| match table.get_mut(*step).unwrap() {
        Value::Table(inner) => inner,
        Value::Array(items) => items[0].as_table_mut().unwrap(),
        other => panic!("{step} is {other}"),
    })
}

#[test]
fn every_key_of_the_table_is_a_field_and_every_field_a_key() {
    let mut found = Vec::new();
    tables(ROOT, Vec::new(), &mut found);
    Value::Table(full(ROOT)).try_into::<RawSettings>().unwrap();
    for (path, keys) in &found {
        let mut document = full(ROOT);
        table_at(&mut document, path).insert("zz".to_owned(), Value::Boolean(true));
        let refused = Value::Table(document).try_into::<RawSettings>().unwrap_err().message().to_owned();
        assert!(refused.contains("unknown field `zz`"), "{path:?}: {refused}");
        let fields: BTreeSet<&str> = refused.split('`').skip(3).step_by(2).collect();
        let names: BTreeSet<&str> = keys.iter().map(|key| key.name).collect();
        assert_eq!(fields, names, "{path:?}");
    }
    assert_eq!(found.len(), 22);
}

#[test]
fn a_key_is_required_in_the_structs_exactly_if_the_table_says_so() {
    let mut found = Vec::new();
    tables(ROOT, Vec::new(), &mut found);
    for (path, keys) in found {
        for key in keys {
            let mut document = full(ROOT);
            table_at(&mut document, &path).remove(key.name);
            let read = Value::Table(document).try_into::<RawSettings>();
            assert_eq!(read.is_err(), key.need == crate::keys::Need::Required, "{path:?} {}", key.name);
        }
    }
}
