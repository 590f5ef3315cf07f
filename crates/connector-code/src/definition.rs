//! What the two tools say of themselves.

use crate::plan::{
    DEFAULT_TIMEOUT_MS, MAX_CODE_SIGNS, MAX_FILE_SIGNS, MAX_FILES, MAX_STDIN_SIGNS, MAX_TIMEOUT_MS,
    language_name,
};
use manifest::{
    AttributeKind, AttributeSource, Effect, IsolationTier, PolicyAttribute, ToolDefinition, ToolLimits,
    ToolManifest, ToolManifestError,
};
use sandbox::{BACKEND, Language};
use serde_json::{Value, json};
use std::time::Duration;

/// What policy may read of a call; all of it is said by the plan, so a default counts like a sent value.
const ATTRIBUTES: [PolicyAttribute; 3] = [
    PolicyAttribute { name: "language", kind: AttributeKind::String, source: AttributeSource::Plan },
    PolicyAttribute { name: "network", kind: AttributeKind::Bool, source: AttributeSource::Plan },
    PolicyAttribute { name: "timeout_ms", kind: AttributeKind::Long, source: AttributeSource::Plan },
];

/// The longest run, its start, and a moment to read what it printed.
const TOOL_TIMEOUT: Duration = Duration::from_millis(MAX_TIMEOUT_MS + 10_000);

/// Code, input and files together; the arguments' text escapes some signs.
const MAX_ARGUMENTS_BYTES: u64 = 2 * 1024 * 1024;

/// Two streams of 1 MiB, escaped, in text and as data.
const MAX_OUTPUT_BYTES: u64 = 8 * 1024 * 1024;

/// In what the caller's code runs, as far as the tool may say so of itself.
#[derive(Clone, Copy)]
pub(crate) enum Setting {
    /// Isolated.
    Sandbox,
    /// A process of the host, by the operator's override.
    Bare,
}

impl Setting {
    const fn words(self) -> &'static str {
        match self {
            Self::Sandbox => "in an isolated sandbox without network",
            Self::Bare => {
                "WITHOUT ISOLATION (the operator's override), as a limited process without network,"
            }
        }
    }
}

/// `code-executor`, for the languages that the host has.
pub(crate) fn code_executor(
    languages: &[Language],
    setting: Setting,
) -> Result<ToolManifest, ToolManifestError> {
    let names: Vec<&str> = languages.iter().copied().map(language_name).collect();
    let mut properties = common_properties("The program's source text.");
    if let Some(properties) = properties.as_object_mut() {
        let language = json!({ "type": "string", "enum": names, "description": "The language of the code." });
        properties.insert("language".to_owned(), language);
    }
    let description = format!(
        "Runs a program {} and returns what it printed. Languages: {}. \
         Files given are placed in the working directory; nothing is kept after the run.",
        setting.words(),
        names.join(", ")
    );
    manifest("code-executor", "Code executor", description, properties, &["language", "code"])
}

/// `python-runner`: the same for Python alone.
pub(crate) fn python_runner(setting: Setting) -> Result<ToolManifest, ToolManifestError> {
    let properties = common_properties("The Python 3 source text; print what you want to see.");
    let description = format!(
        "Runs a Python 3 program {} and returns what it printed. \
         Files given are placed in the working directory; nothing is kept after the run.",
        setting.words()
    );
    manifest("python-runner", "Python runner", description, properties, &["code"])
}

fn common_properties(code: &str) -> Value {
    json!({
        "code": { "type": "string", "minLength": 1, "maxLength": MAX_CODE_SIGNS, "description": code },
        "stdin": { "type": "string", "maxLength": MAX_STDIN_SIGNS, "description": "Text for standard input." },
        "files": {
            "type": "object",
            "description": "Text files by plain name, readable and writable in the working directory.",
            "maxProperties": MAX_FILES,
            "propertyNames": { "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$" },
            "additionalProperties": { "type": "string", "maxLength": MAX_FILE_SIGNS },
        },
        "timeout_ms": {
            "type": "integer",
            "minimum": 100,
            "maximum": MAX_TIMEOUT_MS,
            "description": format!("Time limit in milliseconds; {DEFAULT_TIMEOUT_MS} if left out."),
        },
    })
}

fn manifest(
    name: &str,
    title: &str,
    description: String,
    properties: Value,
    required: &[&str],
) -> Result<ToolManifest, ToolManifestError> {
    let definition = ToolDefinition {
        name: name.parse().map_err(|_| ToolManifestError::unnamed(name))?,
        title: title.to_owned(),
        description,
        input_schema: json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        }),
        output_schema: Some(json!({
            "type": "object",
            "properties": {
                "exit_code": { "type": ["integer", "null"] },
                "signal": { "type": ["integer", "null"] },
                "stdout": { "type": "string" },
                "stderr": { "type": "string" },
                "usage": {
                    "type": "object",
                    "properties": {
                        "cpu_ms": { "type": "integer" },
                        "peak_memory_bytes": { "type": "integer" },
                        "wall_ms": { "type": "integer" },
                    },
                },
                "isolation": { "type": "string", "enum": [BACKEND, "none (override)"] },
                "limits": { "type": "string", "enum": ["enforced", "degraded"] },
            },
            "required": ["exit_code", "signal", "stdout", "stderr", "usage", "isolation", "limits"],
        })),
    };
    let limits = ToolLimits {
        max_arguments_bytes: MAX_ARGUMENTS_BYTES,
        max_output_bytes: MAX_OUTPUT_BYTES,
        timeout: TOOL_TIMEOUT,
        ..ToolLimits::DEFAULT
    };
    ToolManifest::new(definition, Effect::Execute, IsolationTier::Process, limits, &["code"], &ATTRIBUTES)
}
