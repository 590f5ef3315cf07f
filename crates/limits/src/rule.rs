//! What the operator wrote: whose calls are counted, which of them, and how many there may be.

use domain::{Digest, Principal, ResourceName, ToolName};

/// Whose calls a rule counts: each of these has counters of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// An organisation.
    Tenant,
    /// A person, whatever the client.
    Person,
    /// A client, whatever the person.
    Client,
    /// A tool, whoever calls it.
    Tool,
    /// A resource, whoever reads it.
    Resource,
}

/// Calls in a time, and at once. `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Calls in a second, and as many in one moment.
    pub per_second: Option<u32>,
    /// Calls in a minute, and as many in one moment.
    pub per_minute: Option<u32>,
    /// Calls at once.
    pub concurrent: Option<u32>,
}

/// What may be used in one day, from 00:00 UTC to the next. `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Calls.
    pub requests: Option<u64>,
    /// Rows of tables.
    pub rows: Option<u64>,
    /// Bytes of results, as sent.
    pub bytes: Option<u64>,
    /// Milliseconds that the caller's code ran.
    pub sandbox_ms: Option<u64>,
}

impl Quotas {
    /// In the order of [`UNITS`].
    pub(crate) const fn limits(self) -> [Option<u64>; 4] {
        [self.requests, self.rows, self.bytes, self.sandbox_ms]
    }
}

/// The names of what quotas count, as they are in the configuration.
pub(crate) const UNITS: [&str; 4] =
    ["requests_per_day", "rows_per_day", "mib_per_day", "sandbox_seconds_per_day"];

/// One row of the operator's limits.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name; a quota's state is kept under it.
    pub name: String,
    /// Whose calls.
    pub per: Per,
    /// Of one tenant, person, client, tool or resource only.
    pub only: Option<String>,
    /// Calls of this tool only.
    pub tool: Option<ToolName>,
    /// In a time, and at once.
    pub rates: Rates,
    /// In a day.
    pub quotas: Quotas,
}

/// What one call may use at most, known before it runs. 0 is none of it for certain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    /// Rows of tables.
    pub rows: u64,
    /// Bytes of its result.
    pub bytes: u64,
    /// Milliseconds of the caller's code.
    pub sandbox_ms: u64,
}

impl Bound {
    /// One call, and this much of the rest.
    pub(crate) const fn amounts(self) -> [u64; 4] {
        [1, self.rows, self.bytes, self.sandbox_ms]
    }
}

/// Whom a call is counted for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Tenant(domain::TenantId),
    Person(domain::TenantId, domain::PersonId),
    Client(domain::TenantId, domain::ClientId),
    Tool(ToolName),
    Resource(ResourceName),
}

impl Rule {
    /// Whose counters a call of `tool` by `principal` moves; `None` if the rule is not about it.
    pub(crate) fn caller(&self, principal: &Principal, tool: &ToolName) -> Option<Subject> {
        if self.tool.as_ref().is_some_and(|wanted| wanted != tool) {
            return None;
        }
        let tenant = || principal.tenant.clone();
        let subject = match self.per {
            Per::Tenant => Subject::Tenant(tenant()),
            Per::Person => Subject::Person(tenant(), principal.person.clone()),
            Per::Client => Subject::Client(tenant(), principal.client.clone()),
            Per::Tool => Subject::Tool(tool.clone()),
            Per::Resource => return None,
        };
        self.counts(&subject).then_some(subject)
    }

    /// The same for the resource that the call turned out to be for.
    pub(crate) fn resource(&self, resource: &ResourceName, tool: &ToolName) -> Option<Subject> {
        if self.per != Per::Resource || self.tool.as_ref().is_some_and(|wanted| wanted != tool) {
            return None;
        }
        let subject = Subject::Resource(resource.clone());
        self.counts(&subject).then_some(subject)
    }

    fn counts(&self, subject: &Subject) -> bool {
        self.only.as_deref().is_none_or(|only| only == subject.name())
    }
}

impl Subject {
    fn name(&self) -> &str {
        match self {
            Self::Tenant(tenant) => tenant.as_str(),
            Self::Person(_, person) => person.as_str(),
            Self::Client(_, client) => client.as_str(),
            Self::Tool(tool) => tool.as_str(),
            Self::Resource(resource) => resource.as_str(),
        }
    }

    /// The name in the state file: without `key` nobody finds out whose it is.
    pub(crate) fn pseudonym(&self, key: &[u8; 32]) -> Digest {
        let (kind, tenant) = match self {
            Self::Tenant(_) => ("tenant", ""),
            Self::Person(tenant, _) => ("person", tenant.as_str()),
            Self::Client(tenant, _) => ("client", tenant.as_str()),
            Self::Tool(_) => ("tool", ""),
            Self::Resource(_) => ("resource", ""),
        };
        Digest::of_parts([key.as_slice(), kind.as_bytes(), tenant.as_bytes(), self.name().as_bytes()])
    }
}
