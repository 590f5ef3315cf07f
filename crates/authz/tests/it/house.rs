//! The tools of the quickstart company and its policy folder.

use authz::PolicyFiles;
use manifest::{
    AttributeKind, AttributeSource, Effect, IsolationTier, PolicyAttribute, ToolDefinition, ToolLimits,
    ToolManifest,
};
use std::path::Path;
use std::sync::Arc;

const fn argument(name: &'static str, kind: AttributeKind) -> PolicyAttribute {
    PolicyAttribute { name, kind, source: AttributeSource::Argument }
}

const fn plan(name: &'static str, kind: AttributeKind) -> PolicyAttribute {
    PolicyAttribute { name, kind, source: AttributeSource::Plan }
}

pub fn tool(
    name: &str,
    effect: Effect,
    groups: &[&'static str],
    attributes: &[PolicyAttribute],
) -> Arc<ToolManifest> {
    let isolation = if effect == Effect::Execute { IsolationTier::Process } else { IsolationTier::Connector };
    let definition = ToolDefinition {
        name: name.parse().expect("a tool name"),
        title: name.to_owned(),
        description: String::new(),
        input_schema: serde_json::json!({ "type": "object" }),
        output_schema: None,
    };
    let made = ToolManifest::new(definition, effect, isolation, ToolLimits::DEFAULT, groups, attributes);
    Arc::new(made.expect("a manifest"))
}

/// echo, database-query, code-executor, python-runner.
pub fn tools() -> Vec<Arc<ToolManifest>> {
    use AttributeKind::{Bool, Long, String, StringSet};
    vec![
        tool("echo", Effect::Read, &[], &[]),
        tool(
            "database-query",
            Effect::Read,
            &["data"],
            &[
                argument("resource", String),
                argument("operation", String),
                argument("max_rows", Long),
                plan("tables", StringSet),
            ],
        ),
        tool(
            "code-executor",
            Effect::Execute,
            &["code"],
            &[plan("language", String), plan("network", Bool), plan("timeout_ms", Long)],
        ),
        tool(
            "python-runner",
            Effect::Execute,
            &["code"],
            &[plan("language", String), plan("network", Bool), plan("timeout_ms", Long)],
        ),
    ]
}

/// The folder `policies/` at the root of the workspace.
pub fn files() -> PolicyFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    PolicyFiles::read(&folder).expect("the policy folder")
}
