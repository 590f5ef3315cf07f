//! The entities that are there whoever asks: roles, classes, tools, groups, resources, tables, columns.
//!
//! Owns the hierarchy. People and clients are not in it, except the one of each kind that no rule
//! names; they come with the question.

use crate::data::Data;
use crate::error::{Problem, Problems};
use crate::files::SCHEMA;
use crate::roles::Roles;
use crate::vocabulary::{self, ANYBODY, Action, Kind};
use cedar_policy::{Entities, Entity, EntityUid, RestrictedExpression, Schema};
use manifest::{Effect, ToolManifest};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Upstream tools are called `server__tool`.
const SERVER_SEPARATOR: &str = "__";

pub(crate) struct World {
    entities: Entities,
    actions: BTreeMap<Action, (EntityUid, BTreeSet<EntityUid>)>,
}

impl World {
    /// Builds the entities and holds them against the schema.
    pub(crate) fn build(
        roles: &Roles,
        data: &Data,
        tools: &[Arc<ToolManifest>],
        schema: &Schema,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut entities = vec![plain(vocabulary::tenant(&roles.tenant), [])];
        for (name, role) in &roles.roles {
            entities.push(plain(Kind::Role.uid(name), role.includes.iter().map(|role| Kind::Role.uid(role))));
        }
        entities.extend(roles.classes.keys().map(|name| plain(Kind::ClientClass.uid(name), [])));
        let mut parents = BTreeSet::new();
        for tool in tools {
            let of_tool = tool_parents(tool);
            parents.extend(of_tool.iter().cloned());
            entities.push(problems.take(tool_entity(tool, of_tool))?);
        }
        entities.extend(parents.into_iter().map(|uid| plain(uid, [])));
        for (resource, tables) in &data.resources {
            entities.push(plain(vocabulary::resource(resource), []));
            for (table, data) in tables {
                let table_uid = vocabulary::table(resource, table);
                entities.push(plain(table_uid.clone(), [vocabulary::resource(resource)]));
                entities.extend(
                    data.columns.keys().map(|column| {
                        plain(vocabulary::column(resource, table, column), [table_uid.clone()])
                    }),
                );
            }
        }
        // One person and one client, so that the schema's types for them are checked as well.
        entities.push(plain(anybody(Kind::Person, roles), [vocabulary::tenant(&roles.tenant)]));
        entities.push(plain(anybody(Kind::Client, roles), []));
        let built = Entities::from_entities(entities, Some(schema)).map_err(|error| {
            let cause = format!("the schema does not fit the entities: {}", with_sources(&error));
            Problem::new(
                SCHEMA,
                cause,
                "keep entity types as the product ships them; add types of your own beside",
            )
        });
        let entities = problems.take(built)?;
        let actions = Action::ALL
            .into_iter()
            .map(|action| (action, (action.uid(), ancestors_in(&entities, &action.uid()))))
            .collect();
        Some(Self { entities, actions })
    }

    /// True if there is such an entity.
    pub(crate) fn knows(&self, uid: &EntityUid) -> bool {
        self.entities.get(uid).is_some()
    }

    /// The ids of every entity of a kind, for advice.
    pub(crate) fn ids_of(&self, kind: Kind) -> Vec<String> {
        let entities = self.entities.iter().filter(|entity| entity.uid().type_name() == &kind.type_name());
        let mut ids: Vec<String> = entities.map(|entity| entity.uid().id().unescaped().to_owned()).collect();
        ids.sort();
        ids
    }

    pub(crate) fn ancestors(&self, uid: &EntityUid) -> BTreeSet<EntityUid> {
        ancestors_in(&self.entities, uid)
    }

    /// The action's entity and the groups that the schema puts it in.
    pub(crate) fn action(&self, action: Action) -> Option<&(EntityUid, BTreeSet<EntityUid>)> {
        self.actions.get(&action)
    }

    /// The entities `wanted` with everything above them; unknown ones are left out.
    pub(crate) fn part<'a>(&'a self, wanted: impl IntoIterator<Item = &'a EntityUid>) -> Vec<Entity> {
        let mut uids: BTreeSet<EntityUid> = BTreeSet::new();
        for uid in wanted {
            uids.extend(self.ancestors(uid));
            uids.insert(uid.clone());
        }
        uids.iter().filter_map(|uid| self.entities.get(uid).cloned()).collect()
    }

    #[cfg(test)]
    pub(crate) const fn whole(&self) -> &Entities {
        &self.entities
    }
}

pub(crate) fn plain(uid: EntityUid, parents: impl IntoIterator<Item = EntityUid>) -> Entity {
    Entity::new_no_attrs(uid, parents.into_iter().collect())
}

/// Whoever no rule names.
pub(crate) fn anybody(kind: Kind, roles: &Roles) -> EntityUid {
    kind.uid(&format!("{}/{ANYBODY}", roles.tenant))
}

pub(crate) fn tool_parents(tool: &ToolManifest) -> HashSet<EntityUid> {
    let server =
        tool.name().as_str().split_once(SERVER_SEPARATOR).map(|(server, _)| Kind::Server.uid(server));
    tool.groups().iter().map(|group| Kind::ToolGroup.uid(group)).chain(server).collect()
}

fn tool_entity(tool: &ToolManifest, parents: HashSet<EntityUid>) -> Result<Entity, Problem> {
    let effect = match tool.effect() {
        Effect::Read => "read",
        Effect::Write => "write",
        Effect::Execute => "execute",
    };
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let attributes = HashMap::from([
        ("effect".to_owned(), text(effect)),
        ("isolation".to_owned(), text(tool.isolation().name())),
    ]);
    Entity::new(vocabulary::tool(tool.name()), attributes, parents)
        .map_err(|error| Problem::new(SCHEMA, error.to_string(), "report this fault of the product"))
}

fn ancestors_in(entities: &Entities, uid: &EntityUid) -> BTreeSet<EntityUid> {
    entities.ancestors(uid).into_iter().flatten().cloned().collect()
}

/// The chain of causes on one line.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}
