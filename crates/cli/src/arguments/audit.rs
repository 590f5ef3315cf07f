//! `audit`.

use super::{AdminAccess, Home};
use clap::{Args, Subcommand};
use domain::CallId;
use std::path::PathBuf;

/// The commands about the log.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Show the last records
    Tail {
        /// How many, at most 1000
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1000))]
        count: u64,
        #[command(flatten)]
        access: AdminAccess,
        /// Speak JSON, one record a line
        #[arg(long)]
        json: bool,
    },
    /// Show the records of one call
    Show {
        /// The call
        #[arg(value_name = "CALL")]
        call: CallId,
        #[command(flatten)]
        access: AdminAccess,
        /// Speak JSON, one record a line
        #[arg(long)]
        json: bool,
    },
    /// Verify the log from its files alone; exit code 2 names the first bad record
    Verify(Verify),
    /// Copy the whole log into one new file; personal fields stay encrypted
    Export(Export),
}

impl AuditCommand {
    pub(crate) const fn json(&self) -> bool {
        match self {
            Self::Tail { json, .. } | Self::Show { json, .. } => *json,
            Self::Verify(verify) => verify.json,
            Self::Export(export) => export.json,
        }
    }
}

/// `audit verify`
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The log's folder; by default that of the configuration or of the data directory
    #[arg(long, value_name = "DIR", conflicts_with = "export")]
    pub(crate) dir: Option<PathBuf>,
    /// An exported copy of the log's folder
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Option<PathBuf>,
    /// A checkpoint that was kept elsewhere
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// A receipt that was kept elsewhere, or the reply it came in; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) receipt: Vec<PathBuf>,
    /// The log's public key, kept elsewhere (`<name>+<hash>+<key>`); by default the log's own copy
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    #[command(flatten)]
    pub(crate) home: Home,
    /// Speak JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `audit export`
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The new file, of mode 0600
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The log's folder; by default that of the configuration or of the data directory
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) home: Home,
    /// Speak JSON
    #[arg(long)]
    pub(crate) json: bool,
}
