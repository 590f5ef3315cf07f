//! An upper bound of what a party may do: the conditions under which rules permit and forbid it.
//!
//! Two bounds are compared without evaluating anything, so the answer holds for every call. Where it cannot
//! be told, it is no.

use crate::party::Party;
use crate::policy::Policy;
use crate::rule::Rule;
use crate::slice::Target;
use crate::vocabulary::Action;
use cedar_policy::Effect;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What can fail while it is evaluated: arithmetic, calls of extensions, tags. A rule that fails is a denial,
/// so a rule that is gone may have been one. As words of the syntax tree; a name that holds one counts too.
const FALLIBLE: [&str; 6] = ["Add", "Sub", "Mul", "Neg", "Call", "Tag"];

/// The conditions of all rules that can speak of one question.
#[derive(Debug, Default)]
pub(super) struct Bound {
    permits: BTreeSet<Condition>,
    forbids: BTreeSet<Condition>,
}

/// Whose two bounds are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// One person's, in the same roles.
    Same,
    /// Two people's, or one's in other roles.
    Different,
}

/// A condition by its form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Condition {
    /// It always holds.
    Always,
    /// It asks nothing about who it is.
    OfCall(String),
    /// It does: the same text means another thing for somebody else.
    OfPrincipal(String),
}

impl Condition {
    fn of(rule: &Rule) -> Self {
        if !rule.policy.has_non_scope_constraint() {
            return Self::Always;
        }
        match rule.policy.to_pst() {
            Ok(tree) => {
                let text = format!("{:?}", tree.body().clauses());
                if text.contains("Principal") { Self::OfPrincipal(text) } else { Self::OfCall(text) }
            }
            // Comparable with nothing but itself.
            Err(_) => Self::OfPrincipal(rule.policy.to_string()),
        }
    }

    fn can_fail(&self) -> bool {
        match self {
            Self::Always => false,
            Self::OfCall(text) | Self::OfPrincipal(text) => FALLIBLE.iter().any(|word| text.contains(word)),
        }
    }
}

impl Bound {
    pub(super) fn of(policy: &Policy, party: &Party, action: Action, target: &Target) -> Self {
        let mut bound = Self::default();
        let Some((uid, groups)) = policy.world().action(action) else { return bound };
        let about = |rule: &&Arc<Rule>| {
            rule.is_about(uid, groups) && rule.resource.admits(&target.uid, &target.ancestors)
        };
        for rule in party.rules.iter().filter(about) {
            let side = match rule.policy.effect() {
                Effect::Permit => &mut bound.permits,
                Effect::Forbid => &mut bound.forbids,
            };
            side.insert(Condition::of(rule));
        }
        bound
    }

    /// True if whatever this permits the other permits. Conditions on who it is are comparable only for
    /// the same person in the same roles.
    pub(super) fn is_within(&self, other: &Self, whose: Whose) -> bool {
        if self.permits.is_empty() || self.forbids.contains(&Condition::Always) {
            return true;
        }
        let is_comparable =
            |condition: &Condition| whose == Whose::Same || !matches!(condition, Condition::OfPrincipal(_));
        let is_in = |condition: &Condition, set: &BTreeSet<Condition>| {
            is_comparable(condition) && set.contains(condition)
        };
        (other.permits.contains(&Condition::Always)
            || self.permits.iter().all(|permit| is_in(permit, &other.permits)))
            && other.forbids.iter().all(|forbid| is_in(forbid, &self.forbids))
            && other
                .permits
                .iter()
                .filter(|permit| permit.can_fail())
                .all(|permit| is_in(permit, &self.permits))
    }
}
