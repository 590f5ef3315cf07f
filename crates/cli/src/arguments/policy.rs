//! `policy`.

use super::Home;
use clap::Subcommand;
use std::path::PathBuf;

/// The commands about the policy.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Load a policy folder, name every fault, run its test cases
    Check {
        /// The folder; by default that of the configuration or of the data directory
        #[arg(value_name = "DIR")]
        directory: Option<PathBuf>,
        #[command(flatten)]
        home: Home,
        /// Speak JSON
        #[arg(long)]
        json: bool,
    },
    /// Record that the policy folder as it is now is the one in force
    Accept {
        #[command(flatten)]
        home: Home,
        /// Speak JSON
        #[arg(long)]
        json: bool,
    },
}

impl PolicyCommand {
    pub(crate) const fn json(&self) -> bool {
        match self {
            Self::Check { json, .. } | Self::Accept { json, .. } => *json,
        }
    }
}
