//! Owns what `database-query` says of itself: schemas, limits, what policy may read.

use crate::limits::{DEFAULT_ROWS, MAX_PARAM_BYTES, MAX_PARAMS, MAX_ROWS, MAX_SQL_BYTES, RUN_TIMEOUT};
use manifest::{
    AttributeKind, AttributeSource, Effect, IsolationTier, PolicyAttribute, ToolDefinition, ToolLimits,
    ToolManifest, ToolManifestError,
};
use serde_json::{Value, json};

/// The tool's name.
pub const TOOL: &str = "database-query";

const DESCRIPTION: &str = "Runs one read-only SQL query (SQLite dialect: SELECT, WITH, VALUES) on a database of the \
organisation and returns its rows. Name the database in `resource` and use plain table names. Pass values in \
`params` and write ?1, ?2 … for them. You see only the tables and columns that you may read: some columns are \
masked everywhere, also in WHERE, JOIN and ORDER BY, so compare them with masked values only; columns whose values \
may be masked are marked in the result. If a name is not available, the answer lists the tables and columns that \
are. At most `max_rows` rows come back; `truncated` tells whether there were more, so filter and aggregate in SQL.";

const fn attribute(name: &'static str, kind: AttributeKind, source: AttributeSource) -> PolicyAttribute {
    PolicyAttribute { name, kind, source }
}

/// What policy may read of a call.
const ATTRIBUTES: [PolicyAttribute; 4] = [
    attribute("resource", AttributeKind::String, AttributeSource::Argument),
    attribute("operation", AttributeKind::String, AttributeSource::Plan),
    attribute("max_rows", AttributeKind::Long, AttributeSource::Plan),
    attribute("tables", AttributeKind::StringSet, AttributeSource::Plan),
];

/// The manifest of `database-query`.
pub fn manifest() -> Result<ToolManifest, ToolManifestError> {
    let definition = ToolDefinition {
        name: TOOL.parse().map_err(|_| ToolManifestError::unnamed(TOOL))?,
        title: "Query a database".to_owned(),
        description: DESCRIPTION.to_owned(),
        input_schema: input_schema(),
        output_schema: Some(output_schema()),
    };
    let limits = ToolLimits { timeout: RUN_TIMEOUT, max_rows: u64::from(MAX_ROWS), ..ToolLimits::DEFAULT };
    ToolManifest::new(definition, Effect::Read, IsolationTier::Connector, limits, &["data"], &ATTRIBUTES)
}

fn input_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "resource": {
                "type": "string",
                "pattern": "^[A-Za-z0-9_-]{1,64}$",
                "description": "The name of the database.",
            },
            "operation": {
                "type": "string",
                "enum": ["query"],
                "default": "query",
                "description": "What to do; there is one operation, which reads.",
            },
            "sql": {
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_SQL_BYTES,
                "description": "One SELECT statement, up to 32 KiB.",
            },
            "params": {
                "type": "array",
                "maxItems": MAX_PARAMS,
                "items": { "type": ["string", "number", "boolean", "null"], "maxLength": MAX_PARAM_BYTES },
                "default": [],
                "description": "Values for the statement's parameters, in order.",
            },
            "max_rows": {
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_ROWS,
                "default": DEFAULT_ROWS,
                "description": "The most rows to return.",
            },
        },
        "required": ["resource", "sql"],
        "additionalProperties": false,
    })
}

fn output_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "columns": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": { "type": "string" },
                        "masked": {
                            "type": "boolean",
                            "description": "The values may come from a masked column.",
                        },
                    },
                    "required": ["name", "masked"],
                    "additionalProperties": false,
                },
            },
            "rows": {
                "type": "array",
                "items": { "type": "array", "items": { "type": ["string", "number", "null"] } },
                "description": "One array per row, in the order of the columns; binary data as `base64:…`.",
            },
            "row_count": { "type": "integer", "minimum": 0, "maximum": MAX_ROWS },
            "truncated": { "type": "boolean", "description": "There were more rows than were returned." },
        },
        "required": ["columns", "rows", "row_count", "truncated"],
        "additionalProperties": false,
    })
}
