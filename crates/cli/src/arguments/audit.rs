//! `audit`.

use super::{AdminAccess, AdminAccessAs, Home};
use clap::{Args, Subcommand};
use domain::{CallId, UnixMillis};
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
    /// Find records by person, tool, decision, control, event and time, newest first
    Search(Box<Search>),
    /// Destroy the key of a person's fields in the log: unreadable for good, and every proof holds
    Shred(Shred),
    /// Verify the log from its files alone; exit code 2 names the first bad record
    Verify(Verify),
    /// Make another key sign the checkpoints; the old one vouches for it and is destroyed
    RotateKey(RotateKey),
    /// Say that a restored log is known and meant, so that the server starts with it; recorded
    AcceptRestore(AcceptRestore),
    /// Copy the whole log into one new file, or into tiles; personal fields stay encrypted
    Export(Export),
}

impl AuditCommand {
    pub(crate) const fn json(&self) -> bool {
        match self {
            Self::Tail { json, .. } | Self::Show { json, .. } => *json,
            Self::Search(search) => search.json,
            Self::Shred(shred) => shred.json,
            Self::Verify(verify) => verify.json,
            Self::RotateKey(rotate) => rotate.json,
            Self::AcceptRestore(accept) => accept.json,
            Self::Export(export) => export.json,
        }
    }
}

/// `audit search`
#[derive(Debug, Args)]
pub(crate) struct Search {
    /// Who acted, or to whom something was done
    #[arg(long, value_name = "PERSON")]
    pub(crate) person: Option<String>,
    /// The tool or method
    #[arg(long, value_name = "TOOL")]
    pub(crate) tool: Option<String>,
    /// allow, deny or pending
    #[arg(long, value_name = "WORD")]
    pub(crate) decision: Option<String>,
    /// A control that spoke, or what it said: scan.secrets, scan.secrets=changed
    #[arg(long, value_name = "CONTROL[=VERDICT]")]
    pub(crate) control: Option<String>,
    /// The kind of record, such as refused or approval_granted
    #[arg(long, value_name = "EVENT")]
    pub(crate) event: Option<String>,
    /// Not before: a moment (2030-01-31T08:00:00Z), a day (2030-01-31) or a time back from now (90s, 30m, 2h, 7d)
    #[arg(long, value_name = "TIME", value_parser = super::moment::parse)]
    pub(crate) since: Option<UnixMillis>,
    /// Before: a moment, a day or a time back from now
    #[arg(long, value_name = "TIME", value_parser = super::moment::parse)]
    pub(crate) until: Option<UnixMillis>,
    /// Records before this one alone: the next page, as the page before names it
    #[arg(long, value_name = "INDEX")]
    pub(crate) before: Option<u64>,
    /// How many, at most 1000
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) access: AdminAccessAs,
    /// Speak JSON, one record a line; if there are more, the last line says where the next page begins
    #[arg(long)]
    pub(crate) json: bool,
}

/// `audit shred`
#[derive(Debug, Args)]
pub(crate) struct Shred {
    /// Whose fields become unreadable
    #[arg(long, value_name = "PERSON")]
    pub(crate) person: String,
    /// Why; it goes into the log, encrypted under the key of who asks
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    #[command(flatten)]
    pub(crate) access: AdminAccessAs,
    /// Speak JSON
    #[arg(long)]
    pub(crate) json: bool,
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
    /// Ask the configuration's witnesses as well whether they saw this log
    #[arg(long, conflicts_with_all = ["dir", "export"])]
    pub(crate) witness: bool,
    #[command(flatten)]
    pub(crate) home: Home,
    /// Speak JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `audit rotate-key`
#[derive(Debug, Args)]
pub(crate) struct RotateKey {
    /// Why; it goes into the log, encrypted
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    #[command(flatten)]
    pub(crate) access: AdminAccess,
    /// Speak JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `audit accept-restore`
#[derive(Debug, Args)]
pub(crate) struct AcceptRestore {
    /// Why; it goes into the log, encrypted
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
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
    #[arg(value_name = "FILE", required_unless_present = "tiles")]
    pub(crate) file: Option<PathBuf>,
    /// An empty folder in place of the file: checkpoint and C2SP tiles, which stock tools verify
    #[arg(long, value_name = "DIR", conflicts_with = "file")]
    pub(crate) tiles: Option<PathBuf>,
    /// The log's folder; by default that of the configuration or of the data directory
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) home: Home,
    /// Speak JSON
    #[arg(long)]
    pub(crate) json: bool,
}
