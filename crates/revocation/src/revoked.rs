//! One thing that is revoked, and how it is written.

use domain::{ClientId, PersonId, TenantId, TokenId, ToolName};
use std::time::Duration;

/// How long a revoked token is remembered. Layer 1 takes no token that is older, so it cannot come back.
pub const TOKEN_REMEMBERED: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Something of one tenant that is good for nothing any more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Revoked {
    /// Whose.
    pub tenant: TenantId,
    /// What.
    pub what: What,
}

/// What can be revoked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// A person, with every token that names them, whoever issued it and whenever.
    Person(PersonId),
    /// A client, for every person.
    Client(ClientId),
    /// One token, for good.
    Token(TokenId),
    /// A tool, for everybody of the tenant.
    Tool(ToolName),
}

impl What {
    /// The kind in rows, requests and records.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Client(_) => "client",
            Self::Token(_) => "token",
            Self::Tool(_) => "tool",
        }
    }

    /// The name within its kind.
    pub fn name(&self) -> &str {
        match self {
            Self::Person(person) => person.as_str(),
            Self::Client(client) => client.as_str(),
            Self::Token(token) => token.as_str(),
            Self::Tool(tool) => tool.as_str(),
        }
    }

    /// Reads a kind and a name; `None` if either is none.
    pub fn read(kind: &str, name: &str) -> Option<Self> {
        match kind {
            "person" => name.parse().ok().map(Self::Person),
            "client" => name.parse().ok().map(Self::Client),
            "token" => name.parse().ok().map(Self::Token),
            "tool" => name.parse().ok().map(Self::Tool),
            _ => None,
        }
    }
}
