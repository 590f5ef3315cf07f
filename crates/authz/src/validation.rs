//! Cedar's strict validation of every rule against the schema.

use crate::error::{Problem, Problems};
use crate::files::{ROLES, SCHEMA};
use crate::rule::Rule;
use cedar_policy::{PolicySet, ValidationMode, Validator};
use std::collections::HashMap;

/// Validates all rules. A warning is a fault too: a rule that can never apply is a mistake.
pub(crate) fn validate(rules: &[Rule], validator: &Validator, problems: &mut Problems) {
    let labels: HashMap<_, _> = rules.iter().map(|rule| (rule.policy.id().clone(), rule)).collect();
    let set = match PolicySet::from_policies(rules.iter().map(|rule| rule.policy.clone())) {
        Ok(set) => set,
        Err(error) => {
            problems.add(Problem::new(ROLES, error.to_string(), "give each rule a name of its own"));
            return;
        }
    };
    let found = validator.validate(&set, ValidationMode::Strict);
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
