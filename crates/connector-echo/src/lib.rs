//! The tool `echo`: gives back what it was sent, through all five layers.
//!
//! Level 8. For the first try of a new client and for measuring the call path; on in quickstart,
//! off in serve unless the operator turns it on.

use domain::{Refusal, RefusalCode, ResourceName};
use execute::{Begun, BoxFuture, CallPort, Connector, Output, Ran};
use manifest::{
    Arguments, Attributes, DataView, Effect, IsolationTier, Plan, Prepare, ToolDefinition, ToolLimits,
    ToolManifest, ToolManifestError,
};
use serde_json::json;
use std::sync::Arc;

/// Signs of text that one call gives back.
const MAX_TEXT_SIGNS: u32 = 65_536;

/// The tool `echo`.
pub struct Echo {
    manifest: Arc<ToolManifest>,
}

impl Echo {
    /// The tool, ready to be served.
    pub fn new() -> Result<Self, ToolManifestError> {
        let name = "echo".parse().map_err(|_| ToolManifestError::unnamed("echo"))?;
        let definition = ToolDefinition {
            name,
            title: "Echo".to_owned(),
            description: "Returns the given text unchanged, apart from what the output scan redacts."
                .to_owned(),
            input_schema: json!({
                "type": "object",
                "properties": {
                    "text": { "type": "string", "maxLength": MAX_TEXT_SIGNS, "description": "What to return." },
                },
                "required": ["text"],
                "additionalProperties": false,
            }),
            output_schema: Some(json!({
                "type": "object",
                "properties": { "text": { "type": "string" } },
                "required": ["text"],
            })),
        };
        let manifest = ToolManifest::new(
            definition,
            Effect::Read,
            IsolationTier::Connector,
            ToolLimits::DEFAULT,
            &["demo"],
            &[],
        )?;
        Ok(Self { manifest: Arc::new(manifest) })
    }
}

impl Prepare for Echo {
    fn manifest(&self) -> &Arc<ToolManifest> {
        &self.manifest
    }

    fn target(&self, _arguments: &Arguments) -> Result<Option<ResourceName>, Refusal> {
        Ok(None)
    }

    fn prepare(&self, arguments: &Arguments, _view: &DataView) -> Result<Plan, Refusal> {
        let text = arguments.text("text").ok_or_else(|| {
            Refusal::new(RefusalCode::InvalidArguments, "`text` is missing")
                .with_hint("At /text: expected a string.")
        })?;
        Ok(Plan::new(text.as_bytes().to_vec(), Attributes::new()))
    }
}

impl Connector for Echo {
    fn run<'a>(&'a self, call: &'a Begun, _port: &'a dyn CallPort) -> BoxFuture<'a, Ran> {
        let text = String::from_utf8(call.plan().bytes().to_vec());
        let outcome = text
            .map_err(|_| Refusal::new(RefusalCode::Internal, "the plan of `echo` is not text"))
            .map(|text| Output {
                content: vec![json!({ "type": "text", "text": text })],
                structured: json!({ "text": text }),
                is_error: false,
            });
        Box::pin(std::future::ready(Ran::in_process(outcome)))
    }
}
