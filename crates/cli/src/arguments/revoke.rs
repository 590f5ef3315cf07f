//! `revoke`, `unrevoke` and `revocations`.

use super::AdminAccess;
use clap::{Args, ValueEnum};

/// What can be revoked.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Revocable {
    /// A person, with every token that names them
    Person,
    /// A client, for every person
    Client,
    /// One token, by its id (`jti`), for good
    Token,
    /// A tool, for everybody
    Tool,
}

impl Revocable {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Client => "client",
            Self::Token => "token",
            Self::Tool => "tool",
        }
    }
}

/// `revoke` and `unrevoke`
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// What it is
    #[arg(value_enum)]
    pub(crate) kind: Revocable,
    /// Its name, as records and tokens have it
    #[arg(allow_hyphen_values = true)]
    pub(crate) name: String,
    /// Why; it goes into the log, encrypted
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Speak JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) access: AdminAccess,
}

/// `revocations`
#[derive(Debug, Args)]
pub(crate) struct Revocations {
    /// Speak JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) access: AdminAccess,
}
