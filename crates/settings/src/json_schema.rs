//! The published JSON schema of the configuration, made from the table of keys.

use crate::keys::{Key, Kind, Need, ROOT};
use std::fmt::Write as _;

/// JSON Schema 2020-12, the text of `docs/config.schema.json`.
pub fn json_schema() -> String {
    let mut out = String::from("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n");
    out.push_str("  \"title\": \"Secure MCP Server configuration\",\n");
    table(&mut out, ROOT, 1);
    out.push_str("\n}\n");
    out
}

/// The members of an object schema, without its braces.
fn table(out: &mut String, keys: &[Key], depth: usize) {
    let indent = "  ".repeat(depth);
    let required: Vec<String> =
        keys.iter().filter(|key| key.need == Need::Required).map(|key| quoted(key.name)).collect();
    // Writing into a String cannot fail.
    let _ = write!(out, "{indent}\"type\": \"object\",\n{indent}\"additionalProperties\": false,\n");
    if !required.is_empty() {
        let _ = writeln!(out, "{indent}\"required\": [{}],", required.join(", "));
    }
    let _ = writeln!(out, "{indent}\"properties\": {{");
    for (at, key) in keys.iter().enumerate() {
        let _ = writeln!(out, "{indent}  {}: {{", quoted(key.name));
        let _ = writeln!(out, "{indent}    \"description\": {},", quoted(key.doc));
        value(out, &key.kind, depth + 2);
        let comma = if at + 1 < keys.len() { "," } else { "" };
        let _ = write!(out, "\n{indent}  }}{comma}\n");
    }
    let _ = write!(out, "{indent}}}");
}

fn value(out: &mut String, kind: &Kind, depth: usize) {
    let indent = "  ".repeat(depth);
    let _ = match kind {
        Kind::Text => write!(out, "{indent}\"type\": \"string\",\n{indent}\"minLength\": 1"),
        Kind::Word(words) => {
            let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
            write!(out, "{indent}\"enum\": [{}]", words.join(", "))
        }
        Kind::Whole(least, most) => {
            write!(
                out,
                "{indent}\"type\": \"integer\",\n{indent}\"minimum\": {least},\n{indent}\"maximum\": {most}"
            )
        }
        Kind::Switch => write!(out, "{indent}\"type\": \"boolean\""),
        Kind::Moment => write!(
            out,
            "{indent}\"type\": \"string\",\n{indent}\"pattern\": \"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}\""
        ),
        Kind::Texts => {
            write!(
                out,
                "{indent}\"type\": \"array\",\n{indent}\"items\": {{ \"type\": \"string\", \"minLength\": 1 }}"
            )
        }
        Kind::Table(keys) => {
            table(out, keys, depth);
            Ok(())
        }
        Kind::Tables(keys) => {
            let _ = write!(out, "{indent}\"type\": \"array\",\n{indent}\"items\": {{\n");
            table(out, keys, depth + 1);
            write!(out, "\n{indent}}}")
        }
    };
}

/// The table of keys holds plain text: quotes and backslashes are all there is to escape.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
