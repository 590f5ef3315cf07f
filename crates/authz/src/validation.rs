//! Cedar's strict validation of every rule against the schema.

use crate::error::{Problem, Problems};
use crate::files::{ROLES, SCHEMA};
use crate::rule::Rule;
use cedar_policy::{PolicyId, PolicySet, ValidationMode, Validator};
use miette::Diagnostic;

/// Validates all rules; twins have one verdict. A warning is a fault too: a rule that can never apply is
/// a mistake.
pub(crate) fn validate(rules: &[Rule], validator: &Validator, problems: &mut Problems) {
    let firsts = rules.iter().filter(|rule| rule.twin.is_none());
    let set = match PolicySet::from_policies(firsts.map(|rule| rule.policy.clone())) {
        Ok(set) => set,
        Err(error) => {
            problems.add(Problem::new(ROLES, error.to_string(), "give each rule a name of its own"));
            return;
        }
    };
    let found = validator.validate(&set, ValidationMode::Strict);
    let errors = found.validation_errors().map(|error| (error.policy_id(), error as &dyn Diagnostic));
    let warnings =
        found.validation_warnings().map(|warning| (warning.policy_id(), warning as &dyn Diagnostic));
    for (id, diagnostic) in errors.chain(warnings) {
        let mut concerned = rules
            .iter()
            .filter(|rule| rule.policy.id() == id || rule.twin.as_ref() == Some(id))
            .map(|rule| (&*rule.file, &*rule.label))
            .peekable();
        if concerned.peek().is_none() {
            problems.add(problem(SCHEMA, id, diagnostic));
        }
        for (file, label) in concerned {
            problems.add(problem(file, id, diagnostic).in_rule(label));
        }
    }
}

fn problem(file: &str, id: &PolicyId, diagnostic: &dyn Diagnostic) -> Problem {
    let hint = diagnostic.help().map_or_else(
        || "correct the rule, or declare in `schema.cedarschema` what it needs".to_owned(),
        |help| help.to_string(),
    );
    // Cedar opens with "for policy `id`, "; the place is said already.
    let text = diagnostic.to_string();
    let cause = text.strip_prefix(&format!("for policy `{id}`, ")).unwrap_or(&text).to_owned();
    Problem::new(file, cause, hint)
}
