//! Who can do what: every answer that does not depend on a call's arguments, one fact a line.
//!
//! A fact is asked for like a call would ask. Two policies differ where their facts differ, and a
//! folder can keep its facts in `matrix.tsv`, so that a change of who may do what shows in a review.

use crate::AdminAction;
use crate::data::{told, word_of};
use crate::delegation;
use crate::party::{Caller, Party, PartyKey};
use crate::policy::Policy;
use crate::slice::{Slice, Target};
use crate::view::view_of;
use crate::vocabulary::{Action, Kind};
use domain::{ClientId, PersonId, Principal};
use manifest::Treatment;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Whom a matrix is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Every role, and every person whom a rule names, through every class of clients and every client that a
    /// rule names.
    Roles,
    /// Every person of `roles.toml` through every client of it.
    People,
}

/// One line of a matrix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// `role:analyst` or `person:ana`
    pub who: String,
    /// `class:trusted` or `client:quickstart`
    pub through: String,
    /// `tool:echo`, `seeUnredacted:echo`, `column:customer_database.customers.email`,
    /// `rows:customer_database.orders`, `may:approve` or `administers:intern`
    pub what: String,
    /// For a tool `run`, `approval`, `denied` or `by-arguments`; for a column its treatment; for rows what
    /// they have to meet (without a line every row is there); for the admin plane, and for what a caller may do beyond a call, `yes` or `by-arguments`. What would be "no"
    /// has no line.
    pub answer: String,
}

impl fmt::Display for Fact {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}\t{}\t{}\t{}", self.who, self.through, self.what, self.answer)
    }
}

/// All facts of a policy, sorted.
pub fn matrix(policy: &Policy, rows: Rows) -> BTreeSet<Fact> {
    let mut facts = BTreeSet::new();
    for (who, through, caller) in callers(policy, rows) {
        let mut add = |what: String, answer: String| {
            facts.insert(Fact { who: who.clone(), through: through.clone(), what, answer });
        };
        for (name, tool) in policy.tools() {
            if let Some(answer) = of_tool(policy, &caller, &tool.target) {
                add(format!("tool:{name}"), answer.to_owned());
                for (action, answer) in beyond(policy, &caller, &tool.target) {
                    add(format!("{}:{name}", action.word()), answer.to_owned());
                }
            }
        }
        for resource in policy.data().resources() {
            let Ok(view) = view_of(policy, &caller, resource) else { continue };
            for (table, columns) in view.tables() {
                let shown = columns.columns.iter().filter(|(_, column)| column.treatment != Treatment::Deny);
                for (name, column) in shown {
                    add(format!("column:{resource}.{table}.{name}"), word_of(column.treatment));
                }
                let rows = policy.data().rows(resource, table);
                if !rows.is_empty() {
                    add(format!("rows:{resource}.{table}"), told(rows));
                }
            }
        }
        for may in [AdminAction::Approve, AdminAction::Administer, AdminAction::Audit] {
            if settled(policy, &caller, may.action(), policy.tenant_target()) == Some(true) {
                add(format!("may:{}", may.action().word()), "yes".to_owned());
            }
        }
        for role in delegation::scope_of(&caller, policy) {
            add(format!("administers:{role}"), "yes".to_owned());
        }
    }
    facts
}

fn callers(policy: &Policy, rows: Rows) -> Vec<(String, String, Caller)> {
    let roles = policy.roles();
    let mut callers = Vec::new();
    match rows {
        Rows::Roles => {
            let party = |key: PartyKey| Arc::new(Party::new(&key, policy));
            let prefix = format!("{}/", roles.tenant);
            let people = roles
                .roles
                .keys()
                .map(|role| (format!("role:{role}"), party(PartyKey::of_role(role, policy))));
            let people = people.chain(named::<PersonId>(policy, Kind::Person, &prefix).map(|person| {
                (format!("person:{person}"), party(PartyKey::of_person(&person, &[], policy)))
            }));
            let clients = roles
                .classes
                .keys()
                .map(|class| (format!("class:{class}"), party(PartyKey::of_class(class, policy))));
            let clients: Vec<_> =
                clients
                    .chain(named::<ClientId>(policy, Kind::Client, &prefix).map(|client| {
                        (format!("client:{client}"), party(PartyKey::of_client(&client, policy)))
                    }))
                    .collect();
            for (who, person) in people {
                for (through, client) in &clients {
                    let caller =
                        Caller { person: Arc::clone(&person), client: Arc::clone(client), principal: None };
                    callers.push((who.clone(), through.clone(), caller));
                }
            }
        }
        Rows::People => {
            for person in roles.people.keys() {
                for client in roles.clients.keys() {
                    let principal = Principal {
                        tenant: policy.tenant().clone(),
                        person: person.clone(),
                        client: client.clone(),
                    };
                    let Some(caller) = policy.caller(&principal, &[]) else { continue };
                    let caller = Caller {
                        person: Arc::clone(&caller.person),
                        client: Arc::clone(&caller.client),
                        principal: caller.principal.clone(),
                    };
                    callers.push((format!("person:{person}"), format!("client:{client}"), caller));
                }
            }
        }
    }
    callers
}

/// Whom rules name; a name that nobody can have is left out.
fn named<T: FromStr>(policy: &Policy, kind: Kind, prefix: &str) -> impl Iterator<Item = T> {
    policy.book().named(kind, prefix).into_iter().filter_map(|name| name.parse().ok())
}

/// The word for a tool; none if the caller does not see it.
fn of_tool(policy: &Policy, caller: &Caller, target: &Target) -> Option<&'static str> {
    let ask = |action| settled(policy, caller, action, target);
    if ask(Action::Call) != Some(true) {
        return None;
    }
    Some(match (ask(Action::CallWith), ask(Action::CallWithoutApproval)) {
        (Some(false), _) => "denied",
        (Some(true), Some(true)) => "run",
        (Some(true), Some(false)) => "approval",
        (None, _) | (_, None) => "by-arguments",
    })
}

/// What a caller of a tool may have beyond the call.
fn beyond<'a>(
    policy: &'a Policy,
    caller: &'a Caller,
    target: &'a Target,
) -> impl Iterator<Item = (Action, &'static str)> + 'a {
    let actions = [Action::CallWithoutConfirm, Action::SeeUnredacted, Action::RunInProcess];
    actions.into_iter().filter_map(move |action| match settled(policy, caller, action, target) {
        Some(true) => Some((action, "yes")),
        Some(false) => None,
        None => Some((action, "by-arguments")),
    })
}

/// Both sides' answer; none if it depends on attributes. A side that says no settles it.
fn settled(policy: &Policy, caller: &Caller, action: Action, target: &Target) -> Option<bool> {
    let side = |party: &Party| match Slice::cut(policy, party, action, target) {
        Slice::Decided(answer) => Some(answer.allowed),
        Slice::Open(_) => None,
    };
    match (side(&caller.person), side(&caller.client)) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        (None, _) | (_, None) => None,
    }
}

/// What one policy answers and the other does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Facts of the old policy alone.
    pub lost: Vec<Fact>,
    /// Facts of the new policy alone.
    pub gained: Vec<Fact>,
}

/// From `old` to `new`. A changed answer is lost as it was and gained as it is.
pub fn difference(old: &BTreeSet<Fact>, new: &BTreeSet<Fact>) -> Difference {
    Difference {
        lost: old.difference(new).cloned().collect(),
        gained: new.difference(old).cloned().collect(),
    }
}
