//! Names of the house as they stand in Cedar's syntax tree.

use crate::vocabulary::Kind;
use cedar_policy::EntityUid;
use cedar_policy::pst::{EntityOrSlot, EntityType, EntityUID, ResourceConstraint};

pub(crate) fn entity(uid: &EntityUid) -> EntityUID {
    EntityUID::from(uid.as_ref().clone())
}

/// `resource is <kind>`
pub(crate) fn any(kind: Kind) -> ResourceConstraint {
    ResourceConstraint::Is(entity_type(kind))
}

/// `resource == <uid>`
pub(crate) fn only(uid: &EntityUid) -> ResourceConstraint {
    ResourceConstraint::Eq(EntityOrSlot::Entity(entity(uid)))
}

/// `resource in <uid>`
pub(crate) fn within(uid: &EntityUid) -> ResourceConstraint {
    ResourceConstraint::In(EntityOrSlot::Entity(entity(uid)))
}

/// `resource is <kind> in <uid>`
pub(crate) fn any_within(kind: Kind, uid: &EntityUid) -> ResourceConstraint {
    ResourceConstraint::IsIn(entity_type(kind), EntityOrSlot::Entity(entity(uid)))
}

fn entity_type(kind: Kind) -> EntityType {
    EntityType::from(kind.type_name().as_ref().clone())
}
