//! The words that policy is written in: entity types and actions.
//!
//! Owns how a name of the house becomes a Cedar entity. Knows no rule and no row. The list is the
//! contract that `schema.cedarschema` is checked against.

use cedar_policy::{EntityId, EntityTypeName, EntityUid};
use domain::{ClientId, PersonId, ResourceName, TenantId, ToolName};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The types of entities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Tenant,
    Person,
    Client,
    ClientClass,
    Role,
    Tool,
    ToolGroup,
    Server,
    Resource,
    Table,
    Column,
    Label,
}

impl Kind {
    pub(crate) const ALL: [Self; 12] = [
        Self::Tenant,
        Self::Person,
        Self::Client,
        Self::ClientClass,
        Self::Role,
        Self::Tool,
        Self::ToolGroup,
        Self::Server,
        Self::Resource,
        Self::Table,
        Self::Column,
        Self::Label,
    ];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Tenant => "Tenant",
            Self::Person => "Person",
            Self::Client => "Client",
            Self::ClientClass => "ClientClass",
            Self::Role => "Role",
            Self::Tool => "Tool",
            Self::ToolGroup => "ToolGroup",
            Self::Server => "Server",
            Self::Resource => "Resource",
            Self::Table => "Table",
            Self::Column => "Column",
            Self::Label => "Label",
        }
    }

    /// The kind of an entity; `None` for a type that is not ours.
    pub(crate) fn of(uid: &EntityUid) -> Option<Self> {
        let name = uid.type_name();
        TYPE_NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    pub(crate) fn type_name(self) -> EntityTypeName {
        TYPE_NAMES.get(&self).cloned().unwrap_or_else(|| parse_type_name(self.word()))
    }

    pub(crate) fn uid(self, id: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(self.type_name(), EntityId::new(id))
    }
}

// Cedar parses a name anew each time.
static TYPE_NAMES: LazyLock<BTreeMap<Kind, EntityTypeName>> =
    LazyLock::new(|| Kind::ALL.into_iter().map(|kind| (kind, parse_type_name(kind.word()))).collect());

static ACTION: LazyLock<EntityTypeName> = LazyLock::new(|| parse_type_name("Action"));

#[expect(clippy::expect_used, reason = "only called with plain identifiers that this file holds")]
fn parse_type_name(word: &str) -> EntityTypeName {
    word.parse().expect("an identifier is an entity type name")
}

/// What a rule permits or forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Action {
    Call,
    CallWith,
    List,
    Read,
    CallWithoutApproval,
    CallWithoutConfirm,
    ReadUnmasked,
    SeeUnredacted,
    RunInProcess,
    Approve,
    Administer,
    Audit,
}

impl Action {
    pub(crate) const ALL: [Self; 12] = [
        Self::Call,
        Self::CallWith,
        Self::List,
        Self::Read,
        Self::CallWithoutApproval,
        Self::CallWithoutConfirm,
        Self::ReadUnmasked,
        Self::SeeUnredacted,
        Self::RunInProcess,
        Self::Approve,
        Self::Administer,
        Self::Audit,
    ];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::CallWith => "callWith",
            Self::List => "list",
            Self::Read => "read",
            Self::CallWithoutApproval => "callWithoutApproval",
            Self::CallWithoutConfirm => "callWithoutConfirm",
            Self::ReadUnmasked => "readUnmasked",
            Self::SeeUnredacted => "seeUnredacted",
            Self::RunInProcess => "runInProcess",
            Self::Approve => "approve",
            Self::Administer => "administer",
            Self::Audit => "audit",
        }
    }

    /// True for the questions whose context holds the attributes of a call; the others have none.
    pub(crate) const fn reads_attributes(self) -> bool {
        matches!(self, Self::CallWith | Self::CallWithoutApproval | Self::CallWithoutConfirm)
    }

    /// What the action is done to.
    pub(crate) const fn resources(self) -> &'static [Kind] {
        match self {
            Self::Call
            | Self::CallWith
            | Self::CallWithoutApproval
            | Self::CallWithoutConfirm
            | Self::SeeUnredacted
            | Self::RunInProcess => &[Kind::Tool],
            Self::List => &[Kind::Resource],
            Self::Read => &[Kind::Resource, Kind::Table],
            Self::ReadUnmasked => &[Kind::Column],
            Self::Approve | Self::Administer | Self::Audit => &[Kind::Tenant],
        }
    }

    pub(crate) fn uid(self) -> EntityUid {
        EntityUid::from_type_name_and_id(ACTION.clone(), EntityId::new(self.word()))
    }
}

/// A person of whom no rule speaks by name. The sign `*` is in no person's name, so it is nobody's.
pub(crate) const ANYBODY: &str = "*";

pub(crate) fn tenant(tenant: &TenantId) -> EntityUid {
    Kind::Tenant.uid(tenant.as_str())
}

/// `Person::"acme/ana"`: two tenants may both have an `ana`.
pub(crate) fn person(tenant: &TenantId, person: &PersonId) -> EntityUid {
    Kind::Person.uid(&format!("{tenant}/{person}"))
}

/// `Client::"acme/quickstart"`
pub(crate) fn client(tenant: &TenantId, client: &ClientId) -> EntityUid {
    Kind::Client.uid(&format!("{tenant}/{client}"))
}

pub(crate) fn tool(tool: &ToolName) -> EntityUid {
    Kind::Tool.uid(tool.as_str())
}

pub(crate) fn resource(resource: &ResourceName) -> EntityUid {
    Kind::Resource.uid(resource.as_str())
}

/// `Table::"customer_database.orders"`
pub(crate) fn table(resource: &ResourceName, table: &str) -> EntityUid {
    Kind::Table.uid(&format!("{resource}.{table}"))
}

/// `Column::"customer_database.customers.email"`
pub(crate) fn column(resource: &ResourceName, table: &str, column: &str) -> EntityUid {
    Kind::Column.uid(&format!("{resource}.{table}.{column}"))
}
