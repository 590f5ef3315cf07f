//! What is published beside the code: the example and the JSON schema.

use crate::NOW;
use settings::{EXAMPLE, Settings, json_schema};
use std::path::Path;

#[test]
fn the_example_parses() {
    let settings = Settings::parse(EXAMPLE, Path::new("secure-mcp.example.toml"), NOW).unwrap();
    assert_eq!(settings.destinations[0].port, 443);
}

/// A key is written behind one `#`; a sentence is too, but has no ` = ` after its first word.
#[test]
fn the_example_parses_with_every_commented_key_switched_on() {
    let opened: Vec<String> = EXAMPLE
        .lines()
        .map(|line| {
            let text = line.strip_prefix("# ").unwrap_or(line);
            let is_key =
                text.starts_with("[[") || text.split_once(" = ").is_some_and(|(name, _)| !name.contains(' '));
            if is_key { text.replace("2030-01-31", "2026-12-31") } else { line.to_owned() }
        })
        .collect();
    let settings = Settings::parse(&opened.join("\n"), Path::new("secure-mcp.example.toml"), NOW).unwrap();
    assert_eq!((settings.identity.issuers.len(), settings.overrides.len()), (1, 2));
}

#[test]
fn the_published_schema_is_the_one_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/config.schema.json");
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    let own = json_schema();
    if published != own {
        let beside = std::env::temp_dir().join("config.schema.json");
        std::fs::write(&beside, &own).unwrap();
        panic!("docs/config.schema.json is not what the code says; copy {} over it", beside.display());
    }
    let schema: serde_json::Value = serde_json::from_str(&published).unwrap();
    assert_eq!(schema["properties"]["server"]["required"], serde_json::json!(["public_url"]));
    assert_eq!(schema["properties"]["resource"]["items"]["additionalProperties"], false);
}

#[test]
fn the_example_fits_the_published_schema() {
    let schema: serde_json::Value = serde_json::from_str(&json_schema()).unwrap();
    let example: toml::Value = toml::from_str(EXAMPLE).unwrap();
    known(&example, &schema, "");
}

/// Every key of `value` has a row in `schema`.
fn known(value: &toml::Value, schema: &serde_json::Value, path: &str) {
    match value {
        toml::Value::Table(table) => table.iter().for_each(|(key, inner)| {
            let row = &schema["properties"][key];
            assert!(row.is_object(), "{path}.{key} is not in the schema");
            known(inner, row, &format!("{path}.{key}"));
        }),
        toml::Value::Array(items) => items.iter().for_each(|item| known(item, &schema["items"], path)),
        _ => {}
    }
}
