//! `policy`.

use super::{AdminAccess, Home};
use clap::{ArgGroup, Args, Subcommand};
use domain::{ClientId, Clock as _, PersonId, ResourceName, SystemClock, ToolName, UnixMillis};
use std::path::PathBuf;
use std::time::Duration;

/// The commands about the policy.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Load a policy folder, name every fault and every rule that decides nothing, run its test cases
    Check(PolicyFolder),
    /// Run the test cases of a policy folder and name each
    Test(PolicyFolder),
    /// Say what the policy decides of one call, which rules decide, and why
    Explain(ExplainPolicy),
    /// Print who can do what, one fact a line
    Matrix(PolicyMatrix),
    /// Print what people gain and lose from one policy folder to another, or in the calls that the log holds
    Diff(PolicyDiff),
    /// Ask a second policy beside the one in force, and say what it would decide otherwise
    Shadow(PolicyShadow),
    /// Make the policy folder as it is now the one in force, also of a running server
    Accept {
        #[command(flatten)]
        access: AdminAccess,
        /// Speak JSON
        #[arg(long)]
        json: bool,
    },
    /// List the policies that were in force, and when they became so
    Versions {
        #[command(flatten)]
        access: AdminAccess,
        /// Speak JSON
        #[arg(long)]
        json: bool,
    },
    /// Put an earlier policy in force again
    Rollback {
        /// The start of its hash; by default the one that was in force before
        #[arg(value_name = "HASH")]
        policy: Option<String>,
        #[command(flatten)]
        access: AdminAccess,
        /// Speak JSON
        #[arg(long)]
        json: bool,
    },
}

/// Which folder.
#[derive(Debug, Args)]
pub(crate) struct PolicyFolder {
    /// The folder; by default that of the configuration or of the data directory
    #[arg(value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) home: Home,
    /// Speak JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `policy explain`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("asked").required(true).args(["tool", "may"]))]
pub(crate) struct ExplainPolicy {
    #[command(flatten)]
    pub(crate) folder: PolicyFolder,
    /// Whom the call acts for
    #[arg(long, value_name = "PERSON")]
    pub(crate) person: PersonId,
    /// The program that makes it
    #[arg(long, value_name = "CLIENT")]
    pub(crate) client: ClientId,
    /// A role that the token claims, besides those of `roles.toml`
    #[arg(long = "role", value_name = "ROLE")]
    pub(crate) roles: Vec<String>,
    /// The tool that is called
    #[arg(long, value_name = "TOOL")]
    pub(crate) tool: Option<ToolName>,
    /// What is done on the admin plane: approve, administer or audit
    #[arg(long, value_name = "ACTION")]
    pub(crate) may: Option<String>,
    /// What policy reads of the call, as a JSON object by the names that the tool declares
    #[arg(long, value_name = "JSON", requires = "tool")]
    pub(crate) attributes: Option<String>,
    /// The resource that the call reads
    #[arg(long, value_name = "RESOURCE", requires = "tool")]
    pub(crate) resource: Option<ResourceName>,
    /// A table of it that the call reads
    #[arg(long = "table", value_name = "TABLE", requires = "resource")]
    pub(crate) tables: Vec<String>,
}

/// `policy matrix`
#[derive(Debug, Args)]
pub(crate) struct PolicyMatrix {
    #[command(flatten)]
    pub(crate) folder: PolicyFolder,
    /// People through clients, in place of roles through classes
    #[arg(long)]
    pub(crate) people: bool,
}

/// `policy diff`
#[derive(Debug, Args)]
pub(crate) struct PolicyDiff {
    /// The folder as it was; with --since the only one, as it shall be, or the start of a kept policy's hash
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// The folder as it shall be
    #[arg(value_name = "NEW", required_unless_present = "since")]
    pub(crate) new: Option<PathBuf>,
    /// Make the decisions that the log holds since then again: 7d, 24h, 2026-11-24 or 2026-11-24T10:00:00Z
    #[arg(long, value_name = "TIME", value_parser = since, conflicts_with_all = ["new", "people"])]
    pub(crate) since: Option<UnixMillis>,
    /// People through clients, in place of roles through classes
    #[arg(long)]
    pub(crate) people: bool,
    #[command(flatten)]
    pub(crate) access: AdminAccess,
    /// Speak JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `policy shadow`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["policy", "report", "off"]))]
pub(crate) struct PolicyShadow {
    /// The second policy: a folder, or the start of a kept one's hash
    #[arg(value_name = "POLICY")]
    pub(crate) policy: Option<PathBuf>,
    /// Say what it would have decided otherwise so far
    #[arg(long)]
    pub(crate) report: bool,
    /// Say it and stop asking
    #[arg(long)]
    pub(crate) off: bool,
    #[command(flatten)]
    pub(crate) access: AdminAccess,
    /// Speak JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A moment, or how long ago.
fn since(text: &str) -> Result<UnixMillis, String> {
    let wrong = || "write 7d, 24h, 2026-11-24 or 2026-11-24T10:00:00Z".to_owned();
    let millis = |moment: jiff::Timestamp| u64::try_from(moment.as_millisecond()).map(UnixMillis);
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return millis(moment).map_err(|_| wrong());
    }
    if let Ok(day) = text.parse::<jiff::civil::Date>() {
        let start = day.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| wrong())?;
        return millis(start.timestamp()).map_err(|_| wrong());
    }
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds: u64 = match unit {
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let number: u64 = text.trim_end_matches(unit).parse().map_err(|_| wrong())?;
    let ago = Duration::from_secs(number.checked_mul(seconds).ok_or_else(wrong)?);
    let ago = u64::try_from(ago.as_millis()).map_err(|_| wrong())?;
    Ok(UnixMillis(SystemClock.now().0.saturating_sub(ago)))
}

impl PolicyCommand {
    pub(crate) const fn json(&self) -> bool {
        match self {
            Self::Check(folder) | Self::Test(folder) => folder.json,
            Self::Explain(asked) => asked.folder.json,
            Self::Matrix(asked) => asked.folder.json,
            Self::Diff(PolicyDiff { json, .. })
            | Self::Shadow(PolicyShadow { json, .. })
            | Self::Accept { json, .. }
            | Self::Versions { json, .. }
            | Self::Rollback { json, .. } => *json,
        }
    }
}
