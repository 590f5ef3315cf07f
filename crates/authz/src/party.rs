//! One side of a question: the person or the client, as policy sees it.
//!
//! Two people with the same roles, of whom no rule speaks by name, are the same party: they get the
//! same answers. Everything that is remembered is remembered by party.

use crate::policy::Policy;
use crate::rule::Rule;
use crate::vocabulary::{self, Kind};
use crate::world::{anybody, plain};
use cedar_policy::{Entity, EntityUid};
use domain::{ClientId, PersonId, Principal};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A principal of Cedar with its place in the hierarchy and the rules that can speak of it.
pub(crate) struct Party {
    /// Unique while the process lives.
    pub(crate) number: u64,
    pub(crate) uid: EntityUid,
    pub(crate) parents: BTreeSet<EntityUid>,
    pub(crate) entity: Entity,
    pub(crate) rules: Vec<Arc<Rule>>,
}

/// What makes two people (or clients) the same party.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct PartyKey {
    uid: EntityUid,
    parents: BTreeSet<EntityUid>,
}

static NEXT_NUMBER: AtomicU64 = AtomicU64::new(0);

impl Party {
    pub(crate) fn new(key: &PartyKey, policy: &Policy) -> Self {
        let ancestors = ancestors(&key.parents, policy);
        Self {
            number: NEXT_NUMBER.fetch_add(1, Ordering::Relaxed),
            entity: plain(key.uid.clone(), key.parents.iter().cloned()),
            rules: policy.book().about(&key.uid, &ancestors),
            uid: key.uid.clone(),
            parents: key.parents.clone(),
        }
    }

    /// Everything that the party is in, over however many steps.
    pub(crate) fn ancestors(&self, policy: &Policy) -> BTreeSet<EntityUid> {
        ancestors(&self.parents, policy)
    }
}

fn ancestors(parents: &BTreeSet<EntityUid>, policy: &Policy) -> BTreeSet<EntityUid> {
    let mut ancestors = parents.clone();
    for parent in parents {
        ancestors.extend(policy.world().ancestors(parent));
    }
    ancestors
}

impl PartyKey {
    /// Somebody who has this role alone and of whom no rule speaks by name.
    pub(crate) fn of_role(role: &str, policy: &Policy) -> Self {
        let roles = policy.roles();
        let parents = BTreeSet::from([Kind::Role.uid(role), vocabulary::tenant(&roles.tenant)]);
        Self { uid: anybody(Kind::Person, roles), parents }
    }

    /// A client of this class of which no rule speaks by name.
    pub(crate) fn of_class(class: &str, policy: &Policy) -> Self {
        let parents = BTreeSet::from([Kind::ClientClass.uid(class)]);
        Self { uid: anybody(Kind::Client, policy.roles()), parents }
    }

    /// The person: their roles by the rows, and those that their token may claim. A role that the
    /// policy does not have is no role.
    pub(crate) fn of_person(person: &PersonId, token_roles: &[Arc<str>], policy: &Policy) -> Self {
        let roles = policy.roles();
        let by_row = roles.people.get(person).into_iter().flatten().map(String::as_str);
        let by_token = token_roles.iter().map(|role| &**role).filter(|role| roles.roles.contains_key(*role));
        let mut parents: BTreeSet<EntityUid> =
            by_row.chain(by_token).map(|role| Kind::Role.uid(role)).collect();
        parents.insert(vocabulary::tenant(&roles.tenant));
        let named = vocabulary::person(&roles.tenant, person);
        Self { uid: named_or_anybody(named, Kind::Person, policy), parents }
    }

    pub(crate) fn of_client(client: &ClientId, policy: &Policy) -> Self {
        let roles = policy.roles();
        let class = roles.clients.get(client).map(|class| Kind::ClientClass.uid(class));
        let named = vocabulary::client(&roles.tenant, client);
        Self { uid: named_or_anybody(named, Kind::Client, policy), parents: class.into_iter().collect() }
    }
}

fn named_or_anybody(uid: EntityUid, kind: Kind, policy: &Policy) -> EntityUid {
    if policy.book().names(&uid) { uid } else { anybody(kind, policy.roles()) }
}

/// Both sides of a call.
pub(crate) struct Caller {
    pub(crate) person: Arc<Party>,
    pub(crate) client: Arc<Party>,
    /// Who exactly; `None` for somebody of a role.
    pub(crate) principal: Option<Principal>,
}

impl fmt::Debug for Caller {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} through {}", self.person.uid, self.client.uid)
    }
}
