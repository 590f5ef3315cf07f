//! From a draft and the tools to a policy: every check that can be made before the first call is made by then.

use crate::draft::{PolicyDraft, Texts};
use crate::error::{PolicyError, Problem};
use crate::files::{PolicyFiles, SCHEMA};
use crate::policy::{KnownTool, Parts, Policy};
use crate::references::Known;
use crate::rule_book::RuleBook;
use crate::slice::Target;
use crate::view::DataRules;
use crate::vocabulary;
use crate::world::World;
use cedar_policy::EntityUid;
use manifest::ToolManifest;
use std::collections::HashMap;
use std::sync::Arc;

impl Policy {
    /// Loads a policy for `tools`: every tool that the server can offer, whether or not it is offered now.
    ///
    /// Refuses with every fault that was found: unknown keys, names and attributes, rules that the
    /// schema does not allow or that can never apply, attributes that schema and tool type
    /// differently, circles of roles. Checks run in stages; the faults of a stage are told only if the one
    /// before found nothing.
    pub fn load(files: &PolicyFiles, tools: &[Arc<ToolManifest>]) -> Result<Self, PolicyError> {
        PolicyDraft::read(files).for_tools(tools)
    }
}

impl PolicyDraft {
    /// Makes the policy for `tools`. Refuses as [`Policy::load`] does.
    pub fn for_tools(self, tools: &[Arc<ToolManifest>]) -> Result<Policy, PolicyError> {
        let Self { texts, rules, faults } = self;
        let mut problems = faults.of_texts;
        if let Some(texts) = &texts {
            texts.schema.check_tools(tools, &mut problems);
        }
        problems.stop_here()?;
        let Some(Texts { schema, roles, data, hash, beside_roles }) = texts else {
            return Err(unfinished("the policy could not be read"));
        };

        let mut problems = faults.of_rows;
        let world = World::build(&roles, &data, tools, schema.schema(), &mut problems);
        problems.stop_here()?;
        let Some(world) = world else {
            return Err(unfinished("the entities could not be built"));
        };

        let known = Known::new(&roles.tenant, &world, &schema, tools);
        rules.iter().for_each(|rule| known.check(rule, &mut problems));
        problems.stop_here()?;
        let mut problems = faults.of_validation;
        problems.stop_here()?;

        let mut numbers = 0..;
        let mut target = |uid: EntityUid| Target {
            number: numbers.next().unwrap_or(u32::MAX),
            ancestors: world.ancestors(&uid),
            uid,
        };
        let parts = Parts {
            hash,
            beside_roles,
            data: DataRules::new(&data, &mut target),
            tools: known_tools(tools, &mut target),
            tenant: target(vocabulary::tenant(&roles.tenant)),
            // No tool has an empty name.
            no_tool: target(vocabulary::Kind::Tool.uid("")),
            book: RuleBook::new(rules),
            roles,
            world,
        };
        Ok(Policy::of_parts(parts))
    }
}

fn unfinished(cause: &str) -> PolicyError {
    Problem::new(SCHEMA, cause, "report this fault").into()
}

fn known_tools(
    tools: &[Arc<ToolManifest>],
    target: &mut impl FnMut(EntityUid) -> Target,
) -> HashMap<domain::ToolName, KnownTool> {
    tools
        .iter()
        .map(|manifest| {
            let target = target(vocabulary::tool(manifest.name()));
            (manifest.name().clone(), KnownTool { manifest: Arc::clone(manifest), target })
        })
        .collect()
}
