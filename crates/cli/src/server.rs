//! The seam between the commands and the binary that builds the server.
//!
//! The commands know what an operator wants; `secure-mcp` knows how a server is put together out of
//! settings. Neither knows the other's inside. An error that carries a [`crate::Failure`] is shown
//! as it is; every other one is shown with its chain of causes.

use admin::{AdminAddress, PolicyDesk};
use audit::{Audit, OpenReport};
use authn::LocalIssuer;
use authz::{CheckReport, Policy};
use domain::Clock;
use settings::Settings;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A future behind a pointer, so that [`Server`] can be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What the commands need of the binary.
pub trait Server: Sync {
    /// Creates what a first `quickstart` needs: the data directory (0700), the policy folder, the
    /// sample company, the local authority and its certificate. Leaves alone what is there.
    fn prepare_quickstart(&self, settings: &Settings) -> anyhow::Result<()>;

    /// Brings everything up, or says why not. When it returns, both listeners answer.
    fn start(&self, settings: Settings, changed: ChangedPolicy) -> BoxFuture<'_, anyhow::Result<Running>>;

    /// Loads the policy folder `directory` for every tool of the house and runs its test cases.
    /// A folder that cannot be used is an `authz::PolicyError`.
    fn check_policy(&self, directory: &Path) -> anyhow::Result<CheckReport>;

    /// Loads the policy folder `directory` for every tool of the house.
    fn load_policy(&self, directory: &Path) -> anyhow::Result<Arc<Policy>>;

    /// The policy folder of the sample company: paths within the folder, and texts.
    fn sample_policy(&self) -> Vec<(&'static str, &'static str)>;

    /// Opens the log and the issuer of a data directory that no server runs on: takes its lock.
    fn open_offline<'a>(&'a self, settings: &'a Settings) -> BoxFuture<'a, anyhow::Result<Offline>>;

    /// What the log's witnesses say of the files of the log.
    fn compare_witnesses<'a>(
        &'a self,
        settings: &'a Settings,
    ) -> BoxFuture<'a, anyhow::Result<Vec<WitnessLine>>>;

    /// Records that the log is known to differ from what witnesses saw. Takes the log's lock. Returns
    /// their names.
    fn accept_restore<'a>(
        &'a self,
        settings: &'a Settings,
        reason: &'a str,
    ) -> BoxFuture<'a, anyhow::Result<Vec<String>>>;

    /// Where the policy of that data directory becomes current.
    fn policy_desk(&self, settings: &Settings, offline: &Offline) -> anyhow::Result<PolicyDesk>;

    /// What the machine offers to tools (isolation, limits, interpreters), and what the overrides of
    /// `settings`, also those that are over, change about it.
    fn doctor<'a>(&'a self, settings: &'a Settings) -> BoxFuture<'a, Vec<DoctorLine>>;
}

/// What [`Server::start`] does with a policy that differs from the last `policy_loaded` record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangedPolicy {
    /// Fails with [`crate::Failure::policy_changed`]. The first policy of a log is no change.
    Refuse,
    /// Records `policy_loaded` and goes on.
    Record,
}

/// A server that is up.
pub struct Running {
    /// The canonical MCP URL.
    pub mcp_url: String,
    /// The same endpoint over WebSocket.
    pub wss_url: String,
    /// Where the admin plane listens for people.
    pub admin: AdminAddress,
    /// The socket of the data directory's owner. It is there even if `admin` is a port: over it the
    /// first token is made.
    pub operator_socket: PathBuf,
    /// The authority that clients have to trust, if it is not a public one.
    pub ca_file: Option<PathBuf>,
    /// Send `true` to stop.
    pub stop: watch::Sender<bool>,
    /// Ends when the last record is on disk.
    pub ended: JoinHandle<()>,
    /// Lines for the operator: isolation, limits, overrides.
    pub facts: Vec<String>,
}

/// What one witness says of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessLine {
    /// Its name in the configuration.
    pub witness: String,
    /// Whether it saw this log; `None` if it says nothing.
    pub agrees: Option<bool>,
    /// What it saw.
    pub said: String,
}

/// The log and the issuer of a data directory, without a server.
pub struct Offline {
    /// The log, locked.
    pub audit: Audit,
    /// What was found when it was opened.
    pub report: OpenReport,
    /// Mints tokens.
    pub issuer: LocalIssuer,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
}

impl Offline {
    /// Writes and signs what is left, and gives the lock back.
    pub(crate) async fn close(self) {
        let closed = tokio::task::spawn_blocking(move || self.audit.close()).await;
        if let Err(error) = closed {
            tracing::warn!(%error, "the log was not closed well");
        }
    }
}

/// One line of `doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorLine {
    /// What was looked at (`isolation`, `limits`, `python`).
    pub subject: String,
    /// How it stands.
    pub state: DoctorState,
    /// What was found.
    pub cause: String,
    /// What to do about it; empty if nothing has to be done.
    pub fix: String,
}

/// How a thing that `doctor` looked at stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoctorState {
    /// As it should be.
    Ok,
    /// It works, with less than it could.
    Degraded,
    /// It is not there.
    Missing,
}

impl DoctorState {
    /// The word in the output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Missing => "missing",
        }
    }
}
