//! The tools of the quickstart company and its policy folder.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests, and an example that reads like one"
)]

use authz::PolicyFiles;
use manifest::{
    AttributeKind, AttributeSource, Effect, IsolationTier, PolicyAttribute, ToolDefinition, ToolLimits,
    ToolManifest,
};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
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

/// The folder `policies/` at the root of the workspace, through a copy of our own: the repository may belong
/// to somebody else than who runs the tests.
pub fn files() -> PolicyFiles {
    let own = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies"), own.path());
    PolicyFiles::read(own.path()).expect("the policy folder")
}

fn copy(from: &Path, to: &Path) {
    fs::set_permissions(to, fs::Permissions::from_mode(0o755)).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&source, &target);
        } else {
            fs::write(&target, fs::read(&source).unwrap()).unwrap();
            fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
        }
    }
}
