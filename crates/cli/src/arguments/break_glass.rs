//! `break-glass`.

use super::AdminAccess;
use clap::{Args, Subcommand};

/// The commands about emergency roles.
#[derive(Debug, Subcommand)]
pub(crate) enum BreakGlassCommand {
    /// Ask for roles for at most an hour; another person has to grant it
    Request {
        /// A role of the policy; may be said several times
        #[arg(long = "role", value_name = "ROLE", required = true)]
        roles: Vec<String>,
        /// How long, from the grant
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=60))]
        minutes: u32,
        /// Why; it goes into the log, encrypted
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        access: AdminAccess,
        /// Speak JSON
        #[arg(long)]
        json: bool,
    },
    /// Grant what another person asked for
    Grant(OneBreakGlass),
    /// Say what was done with it, as somebody else than who had the roles
    Review {
        /// What was found; it goes into the log, encrypted
        #[arg(long, value_name = "TEXT")]
        finding: String,
        #[command(flatten)]
        one: OneBreakGlass,
    },
    /// List what is asked for, in force, or to be reviewed
    Ls {
        #[command(flatten)]
        access: AdminAccess,
        /// Speak JSON
        #[arg(long)]
        json: bool,
    },
}

/// Which one, and who acts.
#[derive(Debug, Args)]
pub(crate) struct OneBreakGlass {
    /// The break-glass, as `secure-mcp break-glass ls` names it
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) access: AdminAccess,
    /// Speak JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl BreakGlassCommand {
    pub(crate) const fn json(&self) -> bool {
        match self {
            Self::Request { json, .. } | Self::Ls { json, .. } => *json,
            Self::Grant(one) | Self::Review { one, .. } => one.json,
        }
    }
}
