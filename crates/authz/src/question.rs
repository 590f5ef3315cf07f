//! A question about a call as people write it: in a test case, on the command line, in a replay.

use crate::AdminAction;
use domain::{ClientId, PersonId, ResourceName, ToolName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// What is asked. It names a `tool` or an action of the admin plane.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Whom the call acts for.
    pub person: PersonId,
    /// The program that makes it.
    pub client: ClientId,
    /// Roles that the token itself claims, besides those of `roles.toml`.
    #[serde(default)]
    pub roles: Vec<String>,
    /// The tool that is called.
    pub tool: Option<ToolName>,
    /// What is done on the admin plane.
    pub may: Option<AdminAction>,
    /// What policy reads of the call, by the names that the tool declares.
    #[serde(default)]
    pub attributes: BTreeMap<String, serde_json::Value>,
    /// The resource that the call reads.
    pub resource: Option<ResourceName>,
    /// The tables of it that the call reads.
    #[serde(default)]
    pub tables: Vec<String>,
}

/// How a call ends as far as policy goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ends {
    /// It runs at once.
    Allow,
    /// It is refused.
    Deny,
    /// It waits until another person agrees.
    Pending,
    /// The caller does not see the tool.
    UnknownTool,
}

impl Ends {
    /// How far a call gets: greater is more.
    pub(crate) const fn rank(self) -> u8 {
        match self {
            Self::UnknownTool => 0,
            Self::Deny => 1,
            Self::Pending => 2,
            Self::Allow => 3,
        }
    }
}

impl fmt::Display for Ends {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Pending => "pending",
            Self::UnknownTool => "unknown_tool",
        })
    }
}
