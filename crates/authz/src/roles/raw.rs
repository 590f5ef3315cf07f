//! `roles.toml` as it is written, and the step from a row to its meaning.

use super::{DataGrant, EVERY, Grant, Selection, ToolGrant, ToolSelector, WithoutApproval};
use crate::AdminAction;
use crate::error::Problem;
use crate::files::ROLES;
use domain::{ClientId, PersonId, TenantId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Serialised only to be hashed: what `about` says decides nothing and is left out.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RolesFile {
    pub(super) tenant: TenantId,
    #[serde(default)]
    pub(super) people: BTreeMap<PersonId, Vec<String>>,
    #[serde(default)]
    pub(super) clients: BTreeMap<ClientId, String>,
    #[serde(default)]
    pub(super) roles: BTreeMap<String, HolderRow>,
    #[serde(default)]
    pub(super) classes: BTreeMap<String, HolderRow>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HolderRow {
    #[serde(default, rename = "about", skip_serializing)]
    _about: String,
    #[serde(default)]
    pub(super) includes: Vec<String>,
    #[serde(default)]
    pub(super) grants: Vec<GrantRow>,
    #[serde(default)]
    pub(super) may: Vec<AdminAction>,
    /// Left out of the hash where there are none: folders that knew no such key keep theirs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) administers: Vec<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantRow {
    tool: Option<String>,
    group: Option<String>,
    when: Option<String>,
    without_approval: Option<WithoutApprovalRow>,
    resource: Option<String>,
    tables: Option<Vec<String>>,
    unmasked: Option<Vec<String>>,
}

#[derive(Deserialize, Serialize)]
#[serde(untagged, expecting = "`without_approval` is true, false or a condition in quotes")]
enum WithoutApprovalRow {
    Plain(bool),
    Condition(String),
}

impl TryFrom<GrantRow> for Grant {
    type Error = Problem;

    fn try_from(row: GrantRow) -> Result<Self, Problem> {
        let wrong = |cause: &str, hint: &str| Problem::new(ROLES, cause, hint);
        let about_tools = row.when.is_some() || row.without_approval.is_some();
        let about_data = row.tables.is_some() || row.unmasked.is_some();
        let tools = match (row.tool, row.group, &row.resource) {
            (Some(tool), None, None) if tool == EVERY => ToolSelector::Every,
            (Some(tool), None, None) => ToolSelector::Tool(tool),
            (None, Some(group), None) => ToolSelector::Group(group),
            (None, None, Some(_)) if about_tools => {
                return Err(wrong(
                    "`when` and `without_approval` belong to a tool, not to a resource",
                    "move them to the row that grants the tool",
                ));
            }
            (None, None, Some(_)) => {
                return Ok(Self::Data(DataGrant {
                    resource: row.resource.filter(|name| name != EVERY),
                    tables: selection(row.tables)?,
                    unmasked: selection(row.unmasked)?,
                }));
            }
            _ => {
                return Err(wrong(
                    "a grant names exactly one of `tool`, `group`, `resource`",
                    "write one row for each",
                ));
            }
        };
        if about_data {
            return Err(wrong(
                "`tables` and `unmasked` belong to a resource, not to a tool",
                "write `{ resource = \"…\", tables = [\"…\"] }` as a row of its own",
            ));
        }
        let without_approval = match row.without_approval {
            None | Some(WithoutApprovalRow::Plain(false)) => WithoutApproval::Never,
            Some(WithoutApprovalRow::Plain(true)) => WithoutApproval::Always,
            Some(WithoutApprovalRow::Condition(condition)) => WithoutApproval::When(condition),
        };
        Ok(Self::Tool(ToolGrant { tools, when: row.when, without_approval }))
    }
}

fn selection(names: Option<Vec<String>>) -> Result<Selection, Problem> {
    let names = names.unwrap_or_default();
    match names.iter().any(|name| name == EVERY) {
        true if names.len() > 1 => Err(Problem::new(
            ROLES,
            "`\"*\"` stands beside other names",
            "`\"*\"` is all of them already; keep it alone or remove it",
        )),
        true => Ok(Selection::Every),
        false => Ok(Selection::Listed(names)),
    }
}
