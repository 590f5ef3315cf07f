//! Schemas that are not served, and what a refusal says.

use crate::schema::{SchemaError, check, compile};
use domain::RefusalCode;
use serde_json::{Value, json};

fn compiled(schema: &Value) -> Result<jsonschema::Validator, SchemaError> {
    compile(&"tool".parse().unwrap(), schema)
}

#[test]
fn a_reference_that_leaves_the_document_is_refused() {
    for target in ["https://example.com/a.json", "other.json", "file:///etc/passwd", "a.json#/x"] {
        for key in ["$ref", "$dynamicRef"] {
            let schema = json!({ "type": "object", "properties": { "a": { key: target } } });
            assert!(
                matches!(compiled(&schema), Err(SchemaError::ForeignReference { .. })),
                "{key}: {target}"
            );
        }
    }
    assert!(
        compiled(
            &json!({ "type": "object", "$defs": { "a": {} }, "properties": { "a": { "$ref": "#/$defs/a" } } })
        )
        .is_ok()
    );
}

#[test]
fn depth_and_parts_are_bounded() {
    let mut deep = json!({});
    for _ in 0..20 {
        deep = json!({ "properties": { "a": deep } });
    }
    assert!(matches!(compiled(&deep), Err(SchemaError::TooBig { .. })));
    let wide: Vec<Value> = (0..2_001).map(|number| json!({ "const": number })).collect();
    assert!(matches!(compiled(&json!({ "anyOf": wide })), Err(SchemaError::TooBig { .. })));
}

#[test]
fn another_dialect_is_refused() {
    let schema = json!({ "$schema": "http://json-schema.org/draft-07/schema#", "type": "object" });
    assert!(matches!(compiled(&schema), Err(SchemaError::Dialect { .. })));
    assert!(matches!(compiled(&json!({ "type": 7 })), Err(SchemaError::Invalid { .. })));
}

#[test]
fn a_refusal_says_where_and_never_what() {
    let schema =
        compiled(&json!({ "type": "object", "properties": { "text": { "type": "integer" } } })).unwrap();
    let refusal = check(&schema, &json!({ "text": "secret value" })).unwrap_err();
    assert_eq!(refusal.code(), RefusalCode::InvalidArguments);
    assert!(refusal.public().contains("/text"), "{}", refusal.public());
    assert!(!refusal.public().contains("secret value") && !refusal.internal().contains("secret value"));
}
