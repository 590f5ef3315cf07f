//! The two files of a test case.

use crate::AdminAction;
use domain::{ClientId, PersonId, ResourceName, ToolName};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt;

/// `request.json`. It names a `tool` or an action of the admin plane.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) person: PersonId,
    pub(super) client: ClientId,
    /// Roles that the token itself claims, besides those of `roles.toml`.
    #[serde(default)]
    pub(super) roles: Vec<String>,
    pub(super) tool: Option<ToolName>,
    pub(super) may: Option<AdminAction>,
    /// What policy reads of the call, by the names that the tool declares.
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, serde_json::Value>,
    /// The resource that the call reads.
    pub(super) resource: Option<ResourceName>,
    /// The tables of it that the call reads.
    #[serde(default)]
    pub(super) tables: Vec<String>,
}

/// `expected.json`. What is left out is not compared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    pub(super) decision: Word,
    /// Exactly the rules that decide, in any order.
    pub(super) reasons: Option<Vec<String>>,
    /// By `table.column`: `clear`, `mask:<kind>` or `deny`.
    pub(super) columns: Option<BTreeMap<String, String>>,
}

/// How a call ends as far as policy goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Word {
    Allow,
    Deny,
    Pending,
    UnknownTool,
}

impl fmt::Display for Word {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Pending => "pending",
            Self::UnknownTool => "unknown_tool",
        })
    }
}

pub(super) fn read<T: DeserializeOwned>(file: &str, text: Option<&str>) -> Result<T, String> {
    let text = text.ok_or_else(|| format!("`{file}` is missing"))?;
    serde_json::from_str(text).map_err(|error| format!("{file}: {error}"))
}
