//! Administration of a part: whoever holds a role that `administers` others may put a policy in force in
//! which those roles changed, and nobody gains by it what the delegate does not hold.
//!
//! Both halves are checked. What changed is compared row by row: only the rows of the administered roles
//! and who has these roles. What it means is compared rule by rule, for everybody whom the change touches,
//! with what the delegate may do under the policy in force.

mod bound;

use crate::party::{Caller, Party, PartyKey};
use crate::permit::{Denied, verdict};
use crate::policy::Policy;
use crate::ruling::Ruling;
use crate::slice::Target;
use crate::vocabulary::{Action, Kind};
use authn::{Audience, Authenticated};
use bound::{Bound, Whose};
use cedar_policy::EntityUid;
use domain::{ControlVerdict, Digest, Principal, Refusal, RefusalCode, Verdict};
use manifest::Attributes;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Gains that a refusal names.
const MAX_NAMED: usize = 8;

/// Evidence that policy lets this principal change some roles.
///
/// Not `Clone`, not `Default`, not `Deserialize`; only [`authorize_delegate`] makes one.
#[derive(Debug)]
pub struct DelegatePermit {
    authenticated: Authenticated,
    policy: Arc<Policy>,
    verdict: ControlVerdict,
}

impl DelegatePermit {
    /// Who acts.
    pub fn principal(&self) -> &Principal {
        self.authenticated.principal()
    }

    /// The evidence of layer 1.
    pub const fn authenticated(&self) -> &Authenticated {
        &self.authenticated
    }

    /// The hash of the policy that decided.
    pub fn policy_hash(&self) -> Digest {
        self.policy.policy_hash()
    }

    /// The verdicts of layers 1 and 2.
    pub const fn verdicts(&self) -> [&ControlVerdict; 2] {
        [self.authenticated.verdict(), &self.verdict]
    }

    /// Whether the delegate may put `new` in force in place of `old`. The error says what goes too far.
    pub fn covers(&self, old: &Policy, new: &Policy) -> Result<(), String> {
        let caller = caller_of(&self.authenticated, old)?;
        within_part(&caller, old, new)
    }
}

/// Whether `new` in place of `old` is within the part that the caller administers.
pub(crate) fn within_part(caller: &Caller, old: &Policy, new: &Policy) -> Result<(), String> {
    let scope = scope_of(caller, old);
    if scope.is_empty() {
        return Err("the policy in force delegates nothing to the caller".to_owned());
    }
    check_rows(&scope, old, new)?;
    check_gains(&caller.person, old, new)
}

/// Layer 2 for a delegate. Refuses with `unauthenticated` for a token of the other plane, with `denied` if no
/// role of the person administers another, if a rule forbids the person to administer, or if the client may
/// not administer.
pub fn authorize_delegate(
    authenticated: Authenticated,
    policy: &Arc<Policy>,
) -> Result<DelegatePermit, Box<Denied>> {
    match may(&authenticated, policy) {
        Ok(()) => Ok(DelegatePermit {
            authenticated,
            verdict: verdict(policy, Verdict::Pass),
            policy: Arc::clone(policy),
        }),
        Err(refusal) => {
            let verdict = verdict(policy, Verdict::Refused);
            let (reasons, policy) = (Vec::new(), policy.policy_hash());
            Err(Box::new(Denied { refusal, authenticated, reasons, verdict, policy }))
        }
    }
}

fn may(authenticated: &Authenticated, policy: &Policy) -> Result<(), Refusal> {
    let denied = |why: String| Refusal::new(RefusalCode::Denied, why);
    if authenticated.audience() != Audience::Admin {
        return Err(Refusal::new(RefusalCode::Unauthenticated, "the token is not for the admin plane"));
    }
    let caller = caller_of(authenticated, policy).map_err(denied)?;
    let target = policy.tenant_target();
    let ruling = Ruling::ask(policy, &caller, Action::Administer, target, &Attributes::new());
    let is_forbidden = !ruling.person.allowed && !ruling.person.reasons.is_empty();
    if is_forbidden || !ruling.client.allowed || scope_of(&caller, policy).is_empty() {
        return Err(denied(ruling.why_denied(Action::Administer, target)));
    }
    Ok(())
}

fn caller_of(authenticated: &Authenticated, policy: &Policy) -> Result<Arc<Caller>, String> {
    let caller = policy.caller(authenticated.principal(), authenticated.token_roles());
    caller.ok_or_else(|| "the principal is of a tenant that the policy does not speak of".to_owned())
}

/// The roles that the caller may change.
pub(crate) fn scope_of(caller: &Caller, policy: &Policy) -> BTreeSet<String> {
    let held = caller.person.ancestors(policy);
    let roles = policy.roles().roles.iter().filter(|(name, _)| held.contains(&Kind::Role.uid(name)));
    roles.flat_map(|(_, role)| role.administers.iter().cloned()).collect()
}

/// Only the rows of roles in scope and their membership may differ.
fn check_rows(scope: &BTreeSet<String>, old: &Policy, new: &Policy) -> Result<(), String> {
    let (before, after) = (old.roles(), new.roles());
    if old.beside_roles() != new.beside_roles() {
        return Err("the change is not of roles.toml alone".to_owned());
    }
    if before.tenant != after.tenant || before.clients != after.clients || before.classes != after.classes {
        return Err("the tenant, the clients and the classes are not the delegate's".to_owned());
    }
    let names: BTreeSet<&String> = before.roles.keys().chain(after.roles.keys()).collect();
    for name in names {
        let (was, is) = (before.roles.get(name), after.roles.get(name));
        let (Some(was), Some(is)) = (was, is) else {
            return Err(format!("role `{name}` comes or goes"));
        };
        if was.administers != is.administers {
            return Err(format!("role `{name}` administers other roles than before"));
        }
        if was != is && !scope.contains(name) {
            return Err(format!("role `{name}` is not the delegate's"));
        }
    }
    let nothing = Vec::new();
    let people: BTreeSet<_> = before.people.keys().chain(after.people.keys()).collect();
    for person in people {
        let roles = |of: &BTreeMap<_, Vec<String>>| -> BTreeSet<String> {
            of.get(person).unwrap_or(&nothing).iter().cloned().collect()
        };
        let (was, is) = (roles(&before.people), roles(&after.people));
        if let Some(role) = was.symmetric_difference(&is).find(|role| !scope.contains(*role)) {
            return Err(format!("`{person}` gets or loses role `{role}`, which is not the delegate's"));
        }
    }
    Ok(())
}

/// Nobody gains what the delegate does not hold.
fn check_gains(delegate: &Party, old: &Policy, new: &Policy) -> Result<(), String> {
    let mut beyond = Vec::new();
    for (who, (was, is)) in touched(old, new) {
        let in_same_roles = was.ancestors(old) == is.ancestors(new);
        let whose = if in_same_roles { Whose::Same } else { Whose::Different };
        for target in old.targets() {
            for action in Action::ALL.into_iter().filter(|action| is_done_to(*action, target)) {
                let may = Bound::of(new, &is, action, target);
                let held = |party: &Party| Bound::of(old, party, action, target);
                if !may.is_within(&held(&was), whose) && !may.is_within(&held(delegate), Whose::Different) {
                    beyond.push(format!("{who} would gain `{}` on {}", action.word(), target.uid));
                }
            }
        }
    }
    if beyond.is_empty() {
        return Ok(());
    }
    let more = beyond.len().saturating_sub(MAX_NAMED);
    beyond.truncate(MAX_NAMED);
    let more = if more == 0 { String::new() } else { format!(", and {more} more") };
    Err(format!("{}{more}: the delegate does not hold it", beyond.join(", ")))
}

/// Everybody whose rules may differ, before and after: people by their rows, and whoever has a role alone,
/// since tokens may claim roles.
fn touched(old: &Policy, new: &Policy) -> BTreeMap<String, (Party, Party)> {
    let changed: BTreeSet<EntityUid> = old
        .roles()
        .roles
        .iter()
        .filter(|(name, role)| new.roles().roles.get(*name) != Some(role))
        .map(|(name, _)| Kind::Role.uid(name))
        .collect();
    let mut touched = BTreeMap::new();
    let mut add = |who: String, was: PartyKey, is: PartyKey| {
        let (was_all, is_all) = (Party::new(&was, old), Party::new(&is, new));
        let is_touched = was != is
            || [(&was_all, old), (&is_all, new)]
                .iter()
                .any(|(party, policy)| !party.ancestors(policy).is_disjoint(&changed));
        if is_touched {
            touched.insert(who, (was_all, is_all));
        }
    };
    let people: BTreeSet<_> = old.roles().people.keys().chain(new.roles().people.keys()).collect();
    for person in people {
        add(
            format!("`{person}`"),
            PartyKey::of_person(person, &[], old),
            PartyKey::of_person(person, &[], new),
        );
    }
    for role in old.roles().roles.keys() {
        add(format!("role `{role}`"), PartyKey::of_role(role, old), PartyKey::of_role(role, new));
    }
    touched
}

fn is_done_to(action: Action, target: &Target) -> bool {
    Kind::of(&target.uid).is_some_and(|kind| action.resources().contains(&kind))
}
