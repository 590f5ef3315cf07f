//! What a decision about a call rests on: all that policy read of it, and how it ended. Enough to make the
//! same decision again under another policy.
//!
//! The record of a call holds it as one text, sealed under the key of the person it is about: attributes
//! can be as telling as arguments. Who asked and for which tool stands in the record already.

use crate::question::{Ends, Question};
use authn::Authenticated;
use domain::{Principal, ResourceName, ToolName};
use manifest::Attributes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The attribute by which a tool names the tables of its resource that a call reads.
const TABLES: &str = "tables";

/// How far policy read a call before it was decided or something else ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Read {
    /// Who asks, and for which tool.
    Call,
    /// The resource as well.
    Data,
    /// Everything.
    Arguments,
}

/// What one decision rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    /// How far policy read.
    pub read: Read,
    /// What it said of what it read. A call that another layer refuses was allowed so far.
    pub ends: Ends,
    /// The resource that the call reads.
    pub resource: Option<ResourceName>,
    /// What of the call policy could read.
    pub attributes: Attributes,
}

/// The text's form.
#[derive(Serialize)]
struct Written<'a> {
    ends: Ends,
    read: Read,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    roles: &'a [Arc<str>],
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a ResourceName>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: &'a Attributes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadBack {
    ends: Ends,
    read: Read,
    #[serde(default)]
    roles: Vec<String>,
    resource: Option<ResourceName>,
    #[serde(default)]
    attributes: BTreeMap<String, Value>,
}

impl Basis {
    /// A tool that is visible to the caller; nothing else was read yet.
    pub const fn visible() -> Self {
        Self { read: Read::Call, ends: Ends::Allow, resource: None, attributes: Attributes::new() }
    }

    /// A tool that is not.
    pub const fn unseen() -> Self {
        Self { read: Read::Call, ends: Ends::UnknownTool, resource: None, attributes: Attributes::new() }
    }

    /// The text for the record, with the roles that the caller's token claims.
    pub fn text(&self, caller: &Authenticated) -> String {
        let Self { read, ends, resource, attributes } = self;
        let roles = caller.token_roles();
        let written = Written { ends: *ends, read: *read, roles, resource: resource.as_ref(), attributes };
        // These types have no form that JSON lacks.
        serde_json::to_string(&written).unwrap_or_default()
    }
}

/// A decision that was made: the question, how far it was read, and how it ended.
#[derive(Clone, Debug)]
pub struct PastDecision {
    /// What was asked.
    pub question: Question,
    /// How far.
    pub read: Read,
    /// The answer.
    pub ends: Ends,
}

impl PastDecision {
    /// Out of a record; `None` if the text is not one that [`Basis::text`] makes.
    pub fn of_text(principal: &Principal, tool: ToolName, text: &str) -> Option<Self> {
        let ReadBack { ends, read, roles, resource, attributes } = serde_json::from_str(text).ok()?;
        Some(Self { question: question(principal, tool, roles, resource, attributes), read, ends })
    }
}

fn question(
    principal: &Principal,
    tool: ToolName,
    roles: Vec<String>,
    resource: Option<ResourceName>,
    attributes: BTreeMap<String, Value>,
) -> Question {
    let tables = attributes.get(TABLES).filter(|_| resource.is_some()).and_then(Value::as_array);
    let tables = tables.into_iter().flatten().filter_map(|table| table.as_str().map(str::to_owned)).collect();
    Question {
        person: principal.person.clone(),
        client: principal.client.clone(),
        roles,
        tool: Some(tool),
        may: None,
        attributes,
        resource,
        tables,
    }
}
