//! The policy in force: immutable, shared, with a memory of its own answers.
//!
//! Owns the parts that were loaded and how a question finds its slice. What may be asked, and by
//! whom, is said by the modules that ask.

use crate::cache::Cache;
use crate::party::{Caller, Party, PartyKey};
use crate::roles::Roles;
use crate::rule_book::RuleBook;
use crate::slice::{Answer, Slice, Target};
use crate::view::{DataRules, ViewKey, ViewResult};
use crate::vocabulary::Action;
use crate::world::World;
use domain::{Digest, Principal, TenantId, ToolName};
use manifest::{Attributes, ToolManifest};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

/// Principals whose parties are remembered; 10,000 connections are the largest server we plan for.
/// About 300 bytes each.
const MAX_CALLERS: usize = 16_384;

/// Sets of roles, and client classes. About 2 KiB each.
const MAX_PARTIES: usize = 4_096;

/// Questions by party, action and tool: twenty role sets that list 1,000 tools each, with the
/// arguments' questions. A decided one takes about 150 bytes, an open one about 10 KiB.
const MAX_SLICES: usize = 65_536;

/// Views by party and resource. About 10 KiB each for a resource of 100 columns.
const MAX_VIEWS: usize = 4_096;

/// Who may do what: one loaded policy folder.
///
/// It never changes; a new policy is a new value. Loading refuses whatever it cannot fully
/// understand, and every question that no rule permits is denied.
pub struct Policy {
    parts: Parts,
    /// The start of the hash, as verdicts quote it.
    version: String,
    memory: Memory,
}

/// What loading brings together.
pub(crate) struct Parts {
    pub(crate) hash: Digest,
    /// Over everything but the rows of `roles.toml`.
    pub(crate) beside_roles: Digest,
    pub(crate) roles: Roles,
    pub(crate) world: World,
    pub(crate) book: RuleBook,
    pub(crate) data: DataRules,
    pub(crate) tools: HashMap<ToolName, KnownTool>,
    pub(crate) tenant: Target,
    /// Asked about in place of a tool that does not exist.
    pub(crate) no_tool: Target,
}

/// A tool that the policy was loaded with.
pub(crate) struct KnownTool {
    pub(crate) manifest: Arc<ToolManifest>,
    pub(crate) target: Target,
}

struct Memory {
    callers: Cache<CallerKey, Option<Arc<Caller>>>,
    parties: Cache<PartyKey, Arc<Party>>,
    slices: Cache<(u64, Action, u32), Arc<Slice>>,
    views: Cache<ViewKey, ViewResult>,
}

#[derive(PartialEq, Eq, Hash)]
struct CallerKey {
    principal: Principal,
    token_roles: Vec<Arc<str>>,
}

impl Policy {
    pub(crate) fn of_parts(parts: Parts) -> Self {
        let memory = Memory {
            callers: Cache::new(MAX_CALLERS),
            parties: Cache::new(MAX_PARTIES),
            slices: Cache::new(MAX_SLICES),
            views: Cache::new(MAX_VIEWS),
        };
        Self { version: parts.hash.short(), parts, memory }
    }

    /// SHA-256 over everything in the folder that decides: schema, rules, roles, data. Test cases,
    /// notes, and comments in TOML do not change it.
    pub const fn policy_hash(&self) -> Digest {
        self.parts.hash
    }

    /// The tenant that the folder speaks of. Principals of any other are denied everything.
    pub const fn tenant(&self) -> &TenantId {
        &self.parts.roles.tenant
    }

    pub(crate) const fn beside_roles(&self) -> Digest {
        self.parts.beside_roles
    }

    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    pub(crate) const fn roles(&self) -> &Roles {
        &self.parts.roles
    }

    pub(crate) const fn world(&self) -> &World {
        &self.parts.world
    }

    pub(crate) const fn book(&self) -> &RuleBook {
        &self.parts.book
    }

    pub(crate) const fn data(&self) -> &DataRules {
        &self.parts.data
    }

    pub(crate) const fn tenant_target(&self) -> &Target {
        &self.parts.tenant
    }

    pub(crate) const fn no_tool(&self) -> &Target {
        &self.parts.no_tool
    }

    /// Every tool, in the order of the names.
    pub(crate) fn tools(&self) -> BTreeMap<&ToolName, &KnownTool> {
        self.parts.tools.iter().collect()
    }

    /// Everything that a question can be about.
    pub(crate) fn targets(&self) -> Vec<&Target> {
        let tools = self.parts.tools.values().map(|tool| &tool.target);
        tools.chain(self.parts.data.targets()).chain([&self.parts.tenant]).collect()
    }

    pub(crate) fn tool(&self, name: &ToolName) -> Option<&KnownTool> {
        self.parts.tools.get(name)
    }

    /// True if the policy has a role of this name.
    pub fn has_role(&self, role: &str) -> bool {
        self.parts.roles.roles.contains_key(role)
    }

    /// Both sides of a call; `None` for a principal of another tenant.
    pub(crate) fn caller(&self, principal: &Principal, token_roles: &[Arc<str>]) -> Option<Arc<Caller>> {
        let key = CallerKey { principal: principal.clone(), token_roles: token_roles.to_vec() };
        self.memory.callers.get_or(key, |key| {
            if key.principal.tenant != self.parts.roles.tenant {
                return None;
            }
            let party =
                |key: PartyKey| self.memory.parties.get_or(key, |key| Arc::new(Party::new(key, self)));
            let person = party(PartyKey::of_person(&key.principal.person, &key.token_roles, self));
            let client = party(PartyKey::of_client(&key.principal.client, self));
            let principal = Some(key.principal.clone());
            Some(Arc::new(Caller { person, client, principal }))
        })
    }

    /// The answer for one side. `attributes` are empty for a question that has none.
    pub(crate) fn answer(
        &self,
        party: &Party,
        action: Action,
        target: &Target,
        attributes: &Attributes,
    ) -> Answer {
        let key = (party.number, action, target.number);
        let slice = self.memory.slices.get_or(key, |_| Arc::new(Slice::cut(self, party, action, target)));
        slice.answer(attributes)
    }

    /// The view under `key`, made once.
    pub(crate) fn remembered_view(&self, key: ViewKey, make: impl FnOnce() -> ViewResult) -> ViewResult {
        self.memory.views.get_or(key, |_| make())
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Policy").field("hash", &self.parts.hash).finish_non_exhaustive()
    }
}
