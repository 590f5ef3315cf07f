//! JSON Schema 2020-12 of a tool's arguments: compiled once, bounded, without network.

use domain::{Refusal, RefusalCode, ToolName};
use jsonschema::{Draft, Validator};
use serde_json::Value;

/// The largest schema of the MCP conformance suite has 6 levels; ours have fewer.
const MAX_DEPTH: usize = 32;

/// A schema of a thousand parts is a program, not a description.
const MAX_PARTS: usize = 2_000;

/// Where in the arguments the fault lies, cut to this many signs.
const MAX_POINTER_SIGNS: usize = 120;

/// A tool whose schema cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Too deep or too big.
    #[error("the input schema of `{tool}` has more than {MAX_DEPTH} levels or {MAX_PARTS} parts")]
    TooBig {
        /// The tool.
        tool: ToolName,
    },
    /// A reference that leaves the document.
    #[error("the input schema of `{tool}` refers outside itself")]
    ForeignReference {
        /// The tool.
        tool: ToolName,
    },
    /// Another dialect than 2020-12.
    #[error("the input schema of `{tool}` names a dialect other than JSON Schema 2020-12")]
    Dialect {
        /// The tool.
        tool: ToolName,
    },
    /// Not a schema.
    #[error("the input schema of `{tool}` is not a JSON Schema: {why}")]
    Invalid {
        /// The tool.
        tool: ToolName,
        /// What is wrong.
        why: String,
    },
}

/// Compiles the schema; what it refers to has to be inside it.
pub(crate) fn compile(tool: &ToolName, schema: &Value) -> Result<Validator, SchemaError> {
    let mut parts = 0;
    inspect(tool, schema, 0, &mut parts)?;
    let invalid = |error: jsonschema::ValidationError<'_>| SchemaError::Invalid {
        tool: tool.clone(),
        why: error.to_string(),
    };
    jsonschema::options().with_draft(Draft::Draft202012).build(schema).map_err(invalid)
}

fn inspect(tool: &ToolName, part: &Value, depth: usize, parts: &mut usize) -> Result<(), SchemaError> {
    *parts += 1;
    if depth > MAX_DEPTH || *parts > MAX_PARTS {
        return Err(SchemaError::TooBig { tool: tool.clone() });
    }
    match part {
        Value::Object(members) => {
            for (key, value) in members {
                match (key.as_str(), value.as_str()) {
                    ("$ref" | "$dynamicRef", Some(target)) if !target.starts_with('#') => {
                        return Err(SchemaError::ForeignReference { tool: tool.clone() });
                    }
                    ("$schema", Some(dialect))
                        if dialect.trim_end_matches('#')
                            != "https://json-schema.org/draft/2020-12/schema" =>
                    {
                        return Err(SchemaError::Dialect { tool: tool.clone() });
                    }
                    _ => inspect(tool, value, depth + 1, parts)?,
                }
            }
            Ok(())
        }
        Value::Array(items) => items.iter().try_for_each(|item| inspect(tool, item, depth + 1, parts)),
        _ => Ok(()),
    }
}

/// Refuses with `invalid_arguments`, saying where in the caller's own arguments and which keyword; the
/// value itself is not repeated.
pub(crate) fn check(schema: &Validator, arguments: &Value) -> Result<(), Refusal> {
    match schema.validate(arguments) {
        Ok(()) => Ok(()),
        Err(error) => {
            let place = plain(&error.instance_path().to_string());
            let rule = plain(&error.schema_path().to_string());
            let place = if place.is_empty() { "/".to_owned() } else { place };
            Err(Refusal::new(RefusalCode::InvalidArguments, format!("at {place}: schema rule {rule}"))
                .with_hint(format!("At {place}: does not satisfy {rule}.")))
        }
    }
}

/// A JSON pointer as it can stand in a sentence: the caller chose its keys.
fn plain(pointer: &str) -> String {
    pointer
        .chars()
        .map(|sign| if sign.is_ascii_graphic() { sign } else { '?' })
        .take(MAX_POINTER_SIGNS)
        .collect()
}
