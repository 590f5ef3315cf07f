//! Rules that decide nothing: loading accepts them, and their author believes that they hold.
//!
//! A rule is *dead* if there is nobody and nothing in its scope, and *shadowed* if it is a permit and an
//! unconditional forbid speaks of every question that it speaks of.

use crate::party::{Party, PartyKey};
use crate::policy::Policy;
use crate::rule::Rule;
use crate::slice::Target;
use crate::vocabulary::{Action, Kind};
use cedar_policy::{Effect, EntityUid};
use std::collections::{BTreeSet, HashMap};

/// A rule that decides nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lint {
    /// What reasons call it.
    pub rule: String,
    /// Why it decides nothing.
    pub cause: String,
    /// What to do.
    pub hint: &'static str,
}

/// One question that a rule speaks of: number of the side, action, number of the target.
type Triple = (usize, Action, u32);

/// Every rule of the policy that decides nothing, in the order of their names.
pub fn lint(policy: &Policy) -> Vec<Lint> {
    let sides = Sides::of(policy);
    let targets = policy.targets();
    let mut spoken: HashMap<&str, BTreeSet<Triple>> = HashMap::new();
    let mut forbidden: HashMap<Triple, &str> = HashMap::new();
    for rule in policy.book().rules() {
        let of_rule = sides.spoken_of(rule, &targets, policy);
        if rule.policy.effect() == Effect::Forbid && !rule.policy.has_non_scope_constraint() {
            forbidden.extend(of_rule.iter().map(|triple| (*triple, &*rule.label)));
        }
        spoken.entry(&rule.label).or_default().extend(of_rule);
    }
    let mut found = BTreeSet::new();
    for rule in policy.book().rules() {
        let Some(of_rule) = spoken.get(&*rule.label) else { continue };
        if of_rule.is_empty() {
            found.insert(Lint {
                rule: rule.label.to_string(),
                cause: "dead: nobody in `roles.toml` and nothing that the server has is in its scope"
                    .to_owned(),
                hint: "name a role, class, tool, table or column that exists, or remove the rule",
            });
        } else if rule.policy.effect() == Effect::Permit {
            let over: Option<BTreeSet<&str>> =
                of_rule.iter().map(|triple| forbidden.get(triple).copied()).collect();
            if let Some(over) = over {
                let over: Vec<String> = over.into_iter().map(|rule| format!("`{rule}`")).collect();
                found.insert(Lint {
                    rule: rule.label.to_string(),
                    cause: format!("shadowed: {} forbids everything that it permits", over.join(" or ")),
                    hint: "remove the permit, or narrow the forbid",
                });
            }
        }
    }
    found.into_iter().collect()
}

/// Everybody who can be a side of a question.
struct Sides(Vec<Party>);

impl Sides {
    /// People and clients of the rows, and somebody of each role and class alone: tokens may claim roles.
    fn of(policy: &Policy) -> Self {
        let roles = policy.roles();
        let keys = roles
            .people
            .keys()
            .map(|person| PartyKey::of_person(person, &[], policy))
            .chain(roles.clients.keys().map(|client| PartyKey::of_client(client, policy)))
            .chain(roles.roles.keys().map(|role| PartyKey::of_role(role, policy)))
            .chain(roles.classes.keys().map(|class| PartyKey::of_class(class, policy)));
        let distinct: std::collections::HashSet<PartyKey> = keys.collect();
        Self(distinct.iter().map(|key| Party::new(key, policy)).collect())
    }

    fn spoken_of(&self, rule: &Rule, targets: &[&Target], policy: &Policy) -> BTreeSet<Triple> {
        let actions: Vec<Action> = Action::ALL
            .into_iter()
            .filter(|action| {
                policy.world().action(*action).is_some_and(|(uid, groups)| rule.is_about(uid, groups))
            })
            .collect();
        let mut triples = BTreeSet::new();
        for (number, party) in self.0.iter().enumerate() {
            if !rule.principal.admits(&party.uid, &party.ancestors(policy)) {
                continue;
            }
            for target in targets.iter().filter(|target| rule.resource.admits(&target.uid, &target.ancestors))
            {
                let fitting = actions.iter().filter(|action| is_done_to(**action, &target.uid));
                triples.extend(fitting.map(|action| (number, *action, target.number)));
            }
        }
        triples
    }
}

fn is_done_to(action: Action, uid: &EntityUid) -> bool {
    Kind::of(uid).is_some_and(|kind| action.resources().contains(&kind))
}
