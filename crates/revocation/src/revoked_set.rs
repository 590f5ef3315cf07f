//! Everything that is revoked at one moment.

use crate::{Revoked, TOKEN_REMEMBERED, What};
use domain::{ClientId, PersonId, Principal, TenantId, TokenId, ToolName, UnixMillis};
use std::collections::{HashMap, HashSet};

#[derive(Debug, Default)]
pub(crate) struct RevokedSet(HashMap<TenantId, OfTenant>);

#[derive(Debug, Default)]
struct OfTenant {
    people: HashSet<PersonId>,
    clients: HashSet<ClientId>,
    tokens: HashMap<TokenId, UnixMillis>,
    tools: HashSet<ToolName>,
}

impl RevokedSet {
    /// Tokens that were revoked too long ago to be accepted anyway are forgotten on the way.
    pub(crate) fn insert(&mut self, revoked: Revoked, since: UnixMillis) {
        let own = self.0.entry(revoked.tenant).or_default();
        let _is_new = match revoked.what {
            What::Person(person) => own.people.insert(person),
            What::Client(client) => own.clients.insert(client),
            What::Tool(tool) => own.tools.insert(tool),
            What::Token(token) => {
                own.tokens.retain(|_, known| since <= known.plus(TOKEN_REMEMBERED));
                own.tokens.insert(token, since).is_none()
            }
        };
    }

    pub(crate) fn remove(&mut self, revoked: &Revoked) {
        let Some(own) = self.0.get_mut(&revoked.tenant) else { return };
        let _was_there = match &revoked.what {
            What::Person(person) => own.people.remove(person),
            What::Client(client) => own.clients.remove(client),
            What::Tool(tool) => own.tools.remove(tool),
            What::Token(token) => own.tokens.remove(token).is_some(),
        };
    }

    /// What of a caller is revoked, if anything.
    pub(crate) fn of_caller(&self, principal: &Principal, token: &TokenId) -> Option<&'static str> {
        let own = self.0.get(&principal.tenant)?;
        if own.people.contains(&principal.person) {
            Some("the person is revoked")
        } else if own.clients.contains(&principal.client) {
            Some("the client is revoked")
        } else if own.tokens.contains_key(token) {
            Some("the token is revoked")
        } else {
            None
        }
    }

    pub(crate) fn has_tool(&self, tenant: &TenantId, tool: &ToolName) -> bool {
        self.0.get(tenant).is_some_and(|own| own.tools.contains(tool))
    }
}
