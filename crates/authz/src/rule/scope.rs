//! The scope of a policy on one side: which principals, or which resources, it can speak of.

use cedar_policy::{EntityTypeName, EntityUid, Policy, PrincipalConstraint, ResourceConstraint};
use std::collections::BTreeSet;

/// Cedar's five forms of scope.
pub(crate) enum Scope {
    Any,
    Is(EntityTypeName),
    Eq(EntityUid),
    In(EntityUid),
    IsIn(EntityTypeName, EntityUid),
}

impl Scope {
    pub(super) fn of_principal(policy: &Policy) -> Self {
        match policy.principal_constraint() {
            PrincipalConstraint::Any => Self::Any,
            PrincipalConstraint::Is(name) => Self::Is(name),
            PrincipalConstraint::Eq(uid) => Self::Eq(uid),
            PrincipalConstraint::In(uid) => Self::In(uid),
            PrincipalConstraint::IsIn(name, uid) => Self::IsIn(name, uid),
        }
    }

    pub(super) fn of_resource(policy: &Policy) -> Self {
        match policy.resource_constraint() {
            ResourceConstraint::Any => Self::Any,
            ResourceConstraint::Is(name) => Self::Is(name),
            ResourceConstraint::Eq(uid) => Self::Eq(uid),
            ResourceConstraint::In(uid) => Self::In(uid),
            ResourceConstraint::IsIn(name, uid) => Self::IsIn(name, uid),
        }
    }

    /// The entity that the scope is about, if it is about one.
    pub(crate) const fn entity(&self) -> Option<&EntityUid> {
        match self {
            Self::Any | Self::Is(_) => None,
            Self::Eq(uid) | Self::In(uid) | Self::IsIn(_, uid) => Some(uid),
        }
    }

    /// True if an entity with these ancestors is in the scope. The same answer as Cedar's own.
    pub(crate) fn admits(&self, uid: &EntityUid, ancestors: &BTreeSet<EntityUid>) -> bool {
        let within = |group: &EntityUid| group == uid || ancestors.contains(group);
        match self {
            Self::Any => true,
            Self::Is(name) => name == uid.type_name(),
            Self::Eq(other) => other == uid,
            Self::In(group) => within(group),
            Self::IsIn(name, group) => name == uid.type_name() && within(group),
        }
    }
}
