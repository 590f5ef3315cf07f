//! Does everything that a rule names exist? Cedar takes any name; a misspelt one would never match.

use crate::error::{Problem, Problems};
use crate::nearest::did_you_mean;
use crate::rule::Rule;
use crate::schema::CheckedSchema;
use crate::vocabulary::{Kind, tool};
use crate::world::{World, tool_parents};
use cedar_policy::EntityUid;
use domain::{ClientId, PersonId, TenantId};
use manifest::ToolManifest;
use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) struct Known<'a> {
    tenant: &'a TenantId,
    world: &'a World,
    schema: &'a CheckedSchema,
    tools: Vec<KnownTool<'a>>,
}

struct KnownTool<'a> {
    uid: EntityUid,
    parents: BTreeSet<EntityUid>,
    manifest: &'a ToolManifest,
}

impl<'a> Known<'a> {
    pub(crate) fn new(
        tenant: &'a TenantId,
        world: &'a World,
        schema: &'a CheckedSchema,
        tools: &'a [Arc<ToolManifest>],
    ) -> Self {
        let tools = tools.iter().map(|manifest| KnownTool {
            uid: tool(manifest.name()),
            parents: tool_parents(manifest).into_iter().collect(),
            manifest,
        });
        Self { tenant, world, schema, tools: tools.collect() }
    }

    /// Checks every entity that the rule names and every attribute that it reads.
    pub(crate) fn check(&self, rule: &Rule, problems: &mut Problems) {
        let mut seen: Vec<&EntityUid> = Vec::new();
        for uid in &rule.literals {
            if !seen.contains(&uid) {
                seen.push(uid);
                if let Some((cause, hint)) = self.unknown_entity(uid) {
                    problems.add(Problem::new(&rule.file, cause, hint).in_rule(&*rule.label));
                }
            }
        }
        for name in &rule.reads {
            self.check_attribute(rule, name, problems);
        }
    }

    fn unknown_entity(&self, uid: &EntityUid) -> Option<(String, String)> {
        let id = uid.id().unescaped();
        // Actions and types that are not ours are the schema's affair; Cedar checks those.
        let kind = Kind::of(uid)?;
        let in_tenant = |is_name: fn(&str) -> bool| {
            id.split_once('/').is_some_and(|(tenant, name)| tenant == self.tenant.as_str() && is_name(name))
        };
        let form = format!("write `{}::\"{}/<name>\"`", kind.word(), self.tenant);
        let is_known = match kind {
            Kind::Person => in_tenant(|name| name.parse::<PersonId>().is_ok()),
            Kind::Client => in_tenant(|name| name.parse::<ClientId>().is_ok()),
            // Labels are named by rules alone.
            Kind::Label => true,
            _ => self.world.knows(uid),
        };
        if is_known {
            return None;
        }
        let known = self.world.ids_of(kind);
        let hint = match kind {
            Kind::Person | Kind::Client => form,
            _ => did_you_mean(id, known.iter().map(String::as_str), declared_where(kind)),
        };
        Some((format!("unknown {} `{id}`", words(kind)), hint))
    }

    fn check_attribute(&self, rule: &Rule, name: &str, problems: &mut Problems) {
        if !rule.may_read_attributes() {
            let cause = format!("it reads `context.{name}`, but its actions are asked without arguments");
            let hint =
                "read attributes in a rule for `callWith`, `callWithoutApproval` or `callWithoutConfirm`";
            problems.add(Problem::new(&rule.file, cause, hint).in_rule(&*rule.label));
            return;
        }
        let in_scope = self.tools.iter().filter(|tool| rule.resource.admits(&tool.uid, &tool.parents));
        let declared: Vec<&str> =
            in_scope.flat_map(|tool| tool.manifest.attributes()).map(|attribute| attribute.name).collect();
        if !declared.contains(&name) || !self.schema.declares(name) {
            let cause = format!("it reads `context.{name}`, which no tool that it is about declares");
            let hint = did_you_mean(
                name,
                declared,
                "read an attribute that the tool declares, or name another tool",
            );
            problems.add(Problem::new(&rule.file, cause, hint).in_rule(&*rule.label));
        }
    }
}

const fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Tenant => "tenant",
        Kind::Person => "person",
        Kind::Client => "client",
        Kind::ClientClass => "client class",
        Kind::Role => "role",
        Kind::Tool => "tool",
        Kind::ToolGroup => "tool group",
        Kind::Server => "server",
        Kind::Resource => "resource",
        Kind::Table => "table",
        Kind::Column => "column",
        Kind::Label => "label",
    }
}

const fn declared_where(kind: Kind) -> &'static str {
    match kind {
        Kind::Role | Kind::ClientClass | Kind::Tenant => "declare it in `roles.toml`",
        Kind::Resource | Kind::Table | Kind::Column => "declare it in `data.toml`",
        _ => "the server has no such tool, group or upstream server",
    }
}
