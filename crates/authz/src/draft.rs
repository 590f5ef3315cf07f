//! A policy folder as far as it can be checked without knowing the tools: texts, rows, strict validation.
//!
//! That is nearly all of the work. It waits for nobody, so a server does it while it finds out which tools
//! its host can offer. Nothing can be asked of a draft; [`PolicyDraft::for_tools`] makes the policy.

use crate::compile;
use crate::data::Data;
use crate::error::Problems;
use crate::files::{DATA, PolicyFiles, ROLES, SCHEMA};
use crate::roles::Roles;
use crate::rule::{Rule, read_cedar};
use crate::schema::CheckedSchema;
use crate::validation;
use domain::Digest;

/// A folder that was read. Its faults, if it has any, are told with those of the tools.
pub struct PolicyDraft {
    /// None of it, or all of it.
    pub(crate) texts: Option<Texts>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) faults: Faults,
}

/// The files, each by itself.
pub(crate) struct Texts {
    pub(crate) schema: CheckedSchema,
    pub(crate) roles: Roles,
    pub(crate) data: Data,
    pub(crate) hash: Digest,
    /// Over everything that decides but the rows of `roles.toml`.
    pub(crate) beside_roles: Digest,
}

/// What was found, by the stage that it belongs to.
#[derive(Default)]
pub(crate) struct Faults {
    pub(crate) of_texts: Problems,
    pub(crate) of_rows: Problems,
    pub(crate) of_validation: Problems,
}

impl PolicyDraft {
    /// Reads and checks `files`. A stage runs only if the one before found nothing.
    pub fn read(files: &PolicyFiles) -> Self {
        let mut faults = Faults::default();
        let found = &mut faults.of_texts;
        let schema = CheckedSchema::read(files.text(SCHEMA), found);
        let roles = Roles::read(files.text(ROLES), found);
        let data = Data::read(files.text(DATA), found);
        let mut rules: Vec<Rule> =
            files.cedar().flat_map(|(name, text)| read_cedar(name, text, found)).collect();
        let texts = schema.zip(roles).zip(data).map(|((schema, roles), data)| {
            let rules = rules_digest(files);
            let (schema_text, rows) = (files.text(SCHEMA).as_bytes(), roles.digest);
            let hash =
                Digest::of_parts([schema_text, rules.as_bytes(), rows.as_bytes(), data.digest.as_bytes()]);
            let beside_roles = Digest::of_parts([schema_text, rules.as_bytes(), data.digest.as_bytes()]);
            Texts { schema, roles, data, hash, beside_roles }
        });
        if let Some(texts) = texts.as_ref().filter(|_| faults.of_texts.is_empty()) {
            rules.extend(compile::compile(&texts.roles, &mut faults.of_rows));
            if faults.of_rows.is_empty() {
                validation::validate(&rules, &texts.schema.validator, &mut faults.of_validation);
            }
        }
        Self { texts, rules, faults }
    }

    /// The hash that the policy will have; `None` if a text cannot be read.
    pub fn hash(&self) -> Option<Digest> {
        self.texts.as_ref().map(|texts| texts.hash)
    }
}

/// Over the rules in the order of their files' names.
fn rules_digest(files: &PolicyFiles) -> Digest {
    let rules: Vec<Digest> =
        files.cedar().map(|(name, text)| Digest::of_parts([name.as_bytes(), text.as_bytes()])).collect();
    Digest::of_parts(rules.iter().map(|digest| digest.as_bytes().as_slice()))
}
