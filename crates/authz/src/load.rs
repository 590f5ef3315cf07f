//! From texts to a policy: every check that can be made before the first call is made here.

use crate::data::Data;
use crate::error::{PolicyError, Problem, Problems};
use crate::files::{DATA, PolicyFiles, ROLES, SCHEMA};
use crate::policy::{KnownTool, Parts, Policy};
use crate::references::Known;
use crate::roles::Roles;
use crate::rule::{Rule, read_cedar};
use crate::rule_book::RuleBook;
use crate::schema::CheckedSchema;
use crate::slice::Target;
use crate::view::DataRules;
use crate::vocabulary;
use crate::world::World;
use crate::{compile, files};
use cedar_policy::{EntityUid, PolicySet, ValidationMode, Validator};
use domain::Digest;
use manifest::ToolManifest;
use std::collections::HashMap;
use std::sync::Arc;

impl Policy {
    /// Loads a policy for `tools`: every tool that the server can offer, whether or not it is offered now.
    ///
    /// Refuses with every fault that was found: unknown keys, names and attributes, rules that the
    /// schema does not allow or that can never apply, attributes that schema and tool type
    /// differently, circles of roles. Checks run in stages; a stage runs only if the one before found nothing.
    pub fn load(files: &PolicyFiles, tools: &[Arc<ToolManifest>]) -> Result<Self, PolicyError> {
        let mut problems = Problems::default();
        let schema = CheckedSchema::read(files.text(SCHEMA), tools, &mut problems);
        let roles = Roles::read(files.text(ROLES), &mut problems);
        let data = Data::read(files.text(DATA), &mut problems);
        let mut rules: Vec<Rule> =
            files.cedar().flat_map(|(name, text)| read_cedar(name, text, &mut problems)).collect();
        problems.stop_here()?;
        let (Some(schema), Some(roles), Some(data)) = (schema, roles, data) else {
            return Err(
                Problem::new(files::SCHEMA, "the policy could not be read", "report this fault").into()
            );
        };

        rules.extend(compile::compile(&roles, &mut problems));
        let world = World::build(&roles, &data, tools, &schema.schema, &mut problems);
        problems.stop_here()?;
        let Some(world) = world else {
            return Err(
                Problem::new(files::SCHEMA, "the entities could not be built", "report this fault").into()
            );
        };

        let known = Known { tenant: &roles.tenant, world: &world, schema: &schema, tools };
        rules.iter().for_each(|rule| known.check(rule, &mut problems));
        problems.stop_here()?;
        validate(&rules, schema, &mut problems);
        problems.stop_here()?;

        let mut numbers = 0..;
        let mut target = |uid: EntityUid| Target {
            number: numbers.next().unwrap_or(u32::MAX),
            ancestors: world.ancestors(&uid),
            uid,
        };
        let parts = Parts {
            hash: hash(files, &roles, &data),
            data: DataRules::new(&data, &mut target),
            tools: known_tools(tools, &mut target),
            tenant: target(vocabulary::tenant(&roles.tenant)),
            // No tool has an empty name.
            no_tool: target(vocabulary::Kind::Tool.uid("")),
            book: RuleBook::new(rules),
            roles,
            world,
        };
        Ok(Self::of_parts(parts))
    }
}

/// Cedar's strict validation. A warning is a fault too: a rule that can never apply is a mistake.
fn validate(rules: &[Rule], schema: CheckedSchema, problems: &mut Problems) {
    let labels: HashMap<_, _> = rules.iter().map(|rule| (rule.policy.id().clone(), rule)).collect();
    let set = match PolicySet::from_policies(rules.iter().map(|rule| rule.policy.clone())) {
        Ok(set) => set,
        Err(error) => {
            problems.add(Problem::new(ROLES, error.to_string(), "give each rule a name of its own"));
            return;
        }
    };
    let found = Validator::new(schema.schema).validate(&set, ValidationMode::Strict);
    let errors = found.validation_errors().map(|error| (error.policy_id(), error as &dyn miette::Diagnostic));
    let warnings =
        found.validation_warnings().map(|warning| (warning.policy_id(), warning as &dyn miette::Diagnostic));
    for (id, diagnostic) in errors.chain(warnings) {
        let (file, label) = labels.get(id).map_or((SCHEMA, ""), |rule| (&*rule.file, &*rule.label));
        let hint = diagnostic.help().map_or_else(
            || "correct the rule, or declare in `schema.cedarschema` what it needs".to_owned(),
            |help| help.to_string(),
        );
        // Cedar opens with "for policy `id`, "; the place is said already.
        let text = diagnostic.to_string();
        let cause = text.strip_prefix(&format!("for policy `{id}`, ")).unwrap_or(&text).to_owned();
        problems.add(Problem::new(file, cause, hint).in_rule(label));
    }
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

/// Over the schema, the rules in the order of their files' names, and the rows.
fn hash(files: &PolicyFiles, roles: &Roles, data: &Data) -> Digest {
    let rules: Vec<Digest> =
        files.cedar().map(|(name, text)| Digest::of_parts([name.as_bytes(), text.as_bytes()])).collect();
    let rules = Digest::of_parts(rules.iter().map(|digest| digest.as_bytes().as_slice()));
    Digest::of_parts([
        files.text(SCHEMA).as_bytes(),
        rules.as_bytes(),
        roles.digest.as_bytes(),
        data.digest.as_bytes(),
    ])
}
