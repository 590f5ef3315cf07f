//! One Cedar policy of the set, with what is known of it before anybody asks.
//!
//! Owns reading policies from text and what a policy reads. Knows no person and no tool.

mod conditions;
mod scope;

pub(crate) use scope::Scope;

use crate::error::{Problem, Problems};
use crate::toml_text::line_of;
use crate::vocabulary::Action;
use cedar_policy::{ActionConstraint, EntityUid, Policy, PolicyId, PolicySet};
use conditions::Conditions;
use miette::Diagnostic;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A rule: a policy and what it depends on.
pub(crate) struct Rule {
    pub(crate) policy: Policy,
    /// The policy without its scope, if it reads attributes: all that is left to evaluate once the
    /// scope is known to match. Cedar builds a scope's tests anew for each evaluation; without them
    /// a call's answer takes a third less.
    pub(crate) conditions: Option<Policy>,
    /// What reasons call it: several policies of one row share it.
    pub(crate) label: Arc<str>,
    /// A rule that differs from this one in whose row it is and in nothing else. It is validated for both.
    pub(crate) twin: Option<PolicyId>,
    /// The file that it is from.
    pub(crate) file: Arc<str>,
    /// The attributes of `context` that its conditions read.
    pub(crate) reads: BTreeSet<String>,
    /// Every entity that it names, in scope and conditions.
    pub(crate) literals: Vec<EntityUid>,
    pub(crate) principal: Scope,
    pub(crate) resource: Scope,
    actions: Option<Vec<EntityUid>>,
}

impl Rule {
    pub(crate) fn new(policy: Policy, file: &Arc<str>, label: &str) -> Result<Self, Problem> {
        let conditions = Conditions::of(&policy).map_err(|cause| {
            let hint = "read single attributes: `context has x && context.x == …`";
            Problem::new(file, cause, hint).in_rule(label)
        })?;
        let actions = match policy.action_constraint() {
            ActionConstraint::Any => None,
            ActionConstraint::In(uids) => Some(uids),
            ActionConstraint::Eq(uid) => Some(vec![uid]),
        };
        Ok(Self {
            label: label.into(),
            twin: None,
            file: Arc::clone(file),
            reads: conditions.reads,
            conditions: conditions.alone,
            literals: policy.entity_literals(),
            principal: Scope::of_principal(&policy),
            resource: Scope::of_resource(&policy),
            actions,
            policy,
        })
    }

    /// True if the rule's action scope lets it speak of `action`, which is in the groups `groups`.
    pub(crate) fn is_about(&self, action: &EntityUid, groups: &BTreeSet<EntityUid>) -> bool {
        let Some(uids) = &self.actions else { return true };
        uids.iter().any(|uid| uid == action || groups.contains(uid))
    }

    /// True if the rule may speak of a question that has attributes. Groups of actions count as all of their members.
    pub(crate) fn may_read_attributes(&self) -> bool {
        let Some(uids) = &self.actions else { return true };
        uids.iter().any(|uid| {
            Action::ALL.into_iter().find(|action| action.uid() == *uid).is_none_or(Action::reads_attributes)
        })
    }
}

/// Reads a `*.cedar` file. A rule is called `<file>:<@id>`, or by its place in the file.
pub(crate) fn read_cedar(file: &str, text: &str, problems: &mut Problems) -> Vec<Rule> {
    let parsed: Result<PolicySet, _> = text.parse();
    let Some(set) = problems.take(parsed.map_err(|error| parse_problem(file, text, &error))) else {
        return Vec::new();
    };
    for template in set.templates() {
        let problem = Problem::new(file, "a template has no effect here", "write the names into the rule");
        let place = place_of(template.id()) + 1;
        problems.add(problem.in_rule(label(file, template.annotation("id"), place)));
    }
    let file: Arc<str> = file.into();
    let mut labels = BTreeSet::new();
    in_order(&set)
        .into_iter()
        .filter_map(|policy| {
            let label = label(&file, policy.annotation("id"), place_of(policy.id()) + 1);
            if !labels.insert(label.clone()) {
                let problem =
                    Problem::new(&file, "two rules have the same `@id`", "give each rule a name of its own");
                problems.add(problem.in_rule(&label));
            }
            problems.take(Rule::new(policy.new_id(PolicyId::new(&label)), &file, &label))
        })
        .collect()
}

/// The policies of a set that was read from one text, as they stand there.
pub(crate) fn in_order(set: &PolicySet) -> Vec<&Policy> {
    let mut policies: Vec<&Policy> = set.policies().collect();
    policies.sort_by_key(|policy| place_of(policy.id()));
    policies
}

/// What a hand-written rule is called: by its `@id`, else by its place in the file.
fn label(file: &str, id: Option<&str>, place: usize) -> String {
    id.map_or_else(|| format!("{file}:{place}"), |id| format!("{file}:{id}"))
}

/// Cedar names the policies of a text `policy0`, `policy1`, … in their order.
fn place_of(id: &PolicyId) -> usize {
    let name: &str = id.as_ref();
    name.trim_start_matches("policy").parse().unwrap_or(usize::MAX - 1)
}

/// What Cedar says of a text, with the line and Cedar's own advice where it has one.
pub(crate) fn parse_problem(file: &str, text: &str, error: &dyn Diagnostic) -> Problem {
    let first = error.related().and_then(|mut related| related.next());
    let shown = first.unwrap_or(error);
    let label = error.labels().or_else(|| shown.labels()).and_then(|mut labels| labels.next());
    let hint = shown
        .help()
        .map_or_else(|| "docs/policy.md shows the form of a rule".to_owned(), |help| help.to_string());
    Problem::new(file, shown.to_string(), hint).on_line(label.map(|label| line_of(text, label.offset())))
}
