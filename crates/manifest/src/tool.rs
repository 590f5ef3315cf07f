//! The manifest of one tool.

use domain::{Control, Digest, ToolName};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// What a call of the tool can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing outside the server.
    Read,
    /// Data or systems.
    Write,
    /// It runs the caller's code.
    Execute,
}

/// The least isolation that a call needs. The order is the strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IsolationTier {
    /// Our own code with a scoped handle; never the caller's code.
    Connector,
    /// A WebAssembly instance.
    Wasm,
    /// A process in namespaces of its own.
    Process,
    /// A user-space kernel.
    Gvisor,
    /// A virtual machine.
    Hardware,
}

impl IsolationTier {
    /// The word in replies and records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connector => "connector",
            Self::Wasm => "wasm",
            Self::Process => "process",
            Self::Gvisor => "gvisor",
            Self::Hardware => "hardware",
        }
    }
}

/// The type that policy sees an attribute as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum AttributeKind {
    /// Text.
    String,
    /// A whole number of 64 bits.
    Long,
    /// True or false.
    Bool,
    /// A set of texts.
    StringSet,
}

impl AttributeKind {
    /// For the client: what to send.
    pub const fn wanted(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Long => "a whole number of 64 bits",
            Self::Bool => "true or false",
            Self::StringSet => "an array of strings",
        }
    }
}

/// Where an attribute's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum AttributeSource {
    /// The caller's argument of the same name.
    Argument,
    /// The tool's plan.
    Plan,
}

/// One value that policy may read. What is not declared here never enters the policy's context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyAttribute {
    /// The name in the policy's context.
    pub name: &'static str,
    /// Its type.
    pub kind: AttributeKind,
    /// Where it comes from.
    pub source: AttributeSource,
}

/// Bounds on one call of the tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ToolLimits {
    /// Bytes of the arguments' key-sorted text.
    pub max_arguments_bytes: u64,
    /// Bytes of the result's JSON text.
    pub max_output_bytes: u64,
    /// Rows of tables in the result.
    pub max_rows: u64,
    /// From the start of the run to its end.
    pub timeout: Duration,
}

impl ToolLimits {
    /// 256 KiB in, 1 MiB out (the sandbox's output limit), no rows, 30 s (the sandbox's wall time).
    pub const DEFAULT: Self = Self {
        max_arguments_bytes: 256 * 1024,
        max_output_bytes: 1024 * 1024,
        max_rows: 0,
        timeout: Duration::from_secs(30),
    };
}

/// What the client sees of a tool, and what its definition hash covers.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolDefinition {
    /// The name to call it by.
    pub name: ToolName,
    /// A title for people.
    pub title: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON Schema 2020-12 of the arguments; its root is an object.
    pub input_schema: Value,
    /// JSON Schema 2020-12 of `structuredContent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
}

/// A tool that cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("tool `{tool}`: {what}")]
pub struct ToolManifestError {
    tool: String,
    what: &'static str,
}

impl ToolManifestError {
    /// The name itself is not one that a tool can have.
    pub fn unnamed(name: &str) -> Self {
        Self { tool: name.to_owned(), what: "the name is not a valid tool name" }
    }
}

/// What a tool says of itself.
#[derive(Clone, Debug)]
pub struct ToolManifest {
    definition: ToolDefinition,
    effect: Effect,
    isolation: IsolationTier,
    limits: ToolLimits,
    groups: Vec<&'static str>,
    attributes: Vec<PolicyAttribute>,
    definition_hash: Digest,
}

impl ToolManifest {
    /// Checks and hashes a manifest. The hash covers the definition, effect, isolation and attributes:
    /// what an approver relied on.
    pub fn new(
        definition: ToolDefinition,
        effect: Effect,
        isolation: IsolationTier,
        limits: ToolLimits,
        groups: &[&'static str],
        attributes: &[PolicyAttribute],
    ) -> Result<Self, ToolManifestError> {
        let wrong = |what| ToolManifestError { tool: definition.name.to_string(), what };
        if definition.input_schema.get("type").and_then(Value::as_str) != Some("object") {
            return Err(wrong("the input schema's type is not `object`"));
        }
        if effect == Effect::Execute && isolation == IsolationTier::Connector {
            return Err(wrong("the caller's code cannot run in tier `connector`"));
        }
        let hashed = serde_json::to_vec(&(&definition, effect, isolation, attributes))
            .map_err(|_| wrong("the definition cannot be written as JSON"))?;
        let definition_hash = Digest::of(&hashed);
        Ok(Self {
            definition_hash,
            definition,
            effect,
            isolation,
            limits,
            groups: groups.to_vec(),
            attributes: attributes.to_vec(),
        })
    }

    /// The same tool under an operator's limits; one that is wider than the tool's own changes nothing.
    pub fn limited(&self, timeout: Option<Duration>, max_output_bytes: Option<u64>) -> Self {
        let mut limited = self.clone();
        limited.limits.timeout = timeout.map_or(self.limits.timeout, |limit| limit.min(self.limits.timeout));
        limited.limits.max_output_bytes = max_output_bytes
            .map_or(self.limits.max_output_bytes, |limit| limit.min(self.limits.max_output_bytes));
        limited
    }

    /// What the client sees.
    pub const fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    /// The name to call it by.
    pub const fn name(&self) -> &ToolName {
        &self.definition.name
    }

    /// What a call can change.
    pub const fn effect(&self) -> Effect {
        self.effect
    }

    /// The least isolation that a call needs.
    pub const fn isolation(&self) -> IsolationTier {
        self.isolation
    }

    /// Bounds on one call.
    pub const fn limits(&self) -> ToolLimits {
        self.limits
    }

    /// The policy's `ToolGroup`s that it is in.
    pub fn groups(&self) -> &[&'static str] {
        &self.groups
    }

    /// What policy may read.
    pub fn attributes(&self) -> &[PolicyAttribute] {
        &self.attributes
    }

    /// Digest of everything an approver relied on.
    pub const fn definition_hash(&self) -> Digest {
        self.definition_hash
    }

    /// The controls that must have spoken before the effect. Every tool's route has all of them:
    /// one that the operator has not set up says so itself.
    pub const fn expected_before_effect(&self) -> &'static [Control] {
        &Control::BEFORE_EFFECT
    }

    /// The controls that must have spoken before the reply.
    pub const fn expected_before_reply(&self) -> &'static [Control] {
        &Control::BEFORE_REPLY
    }
}
