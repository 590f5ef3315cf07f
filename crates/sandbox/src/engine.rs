//! Owns the engine: its configuration, what it found out about the host, and
//! the two ways to use it. How a sandbox is started is `launch`'s.

use std::future::{Future, pending};
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use crate::capabilities::{self, Capabilities, Isolation, Unisolated};
use crate::cgroup::Cgroups;
use crate::confinement::Confinement;
use crate::error::SandboxError;
use crate::leases::Uids;
use crate::long_lived::LongLived;
use crate::result::{Enforcement, SandboxResult};
use crate::runtimes::Runtimes;
use crate::spawner::Spawner;
use crate::spec::{Lifetime, SandboxSpec};
use crate::tree::Reaper;
use crate::{long_lived, run, runtimes};

/// Above every range that Linux distributions hand out to people, services and
/// containers (systemd's list of ranges ends at 1,879,048,191), below 2³¹, which
/// some programs take for negative.
pub const DEFAULT_UID_RANGE: UidRange = UidRange { first: 2_000_000_000, count: 4096 };

/// Accounts of people and services end below this on most hosts; a container
/// whose ids end at 65,535 still has room above it.
const LOWEST_UID: u32 = 10_000;

/// How the engine is set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SandboxConfig {
    /// Host uids for the sandboxes of a root server, one per running sandbox.
    pub uid_range: UidRange,
    /// The binary whose `main` begins with [`crate::enter_if_child`]; this very
    /// binary by default.
    pub launcher: PathBuf,
    /// Whether [`Sandbox::run_unisolated`] may be had if this host cannot isolate.
    /// The operator's decision; false by default.
    pub allow_unisolated: bool,
}

/// `count` uids from `first` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UidRange {
    /// The first uid; at least 10,000.
    pub first: u32,
    /// How many; at least one.
    pub count: u32,
}

/// The engine. Cheap to clone; all clones are one engine.
#[derive(Debug, Clone)]
pub struct Sandbox {
    pub(crate) engine: Arc<Engine>,
}

/// What `launch` needs to start a sandbox.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) config: SandboxConfig,
    /// Absent for a server that is not root.
    pub(crate) uids: Option<Arc<Uids>>,
    pub(crate) cgroups: Option<Cgroups>,
    pub(crate) enforcement: Enforcement,
    pub(crate) spawner: Spawner,
    pub(crate) reaper: Reaper,
    capabilities: Capabilities,
    runtimes: OnceCell<Runtimes>,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        SandboxConfig {
            uid_range: DEFAULT_UID_RANGE,
            launcher: PathBuf::from("/proc/self/exe"),
            allow_unisolated: false,
        }
    }
}

impl UidRange {
    fn check(self) -> Result<(), SandboxError> {
        let last = self.first.checked_add(self.count);
        if self.first < LOWEST_UID || self.count == 0 || last.is_none() {
            let why = format!(
                "uid range {}+{} is empty, begins below {LOWEST_UID} or ends above the highest uid",
                self.first, self.count
            );
            return Err(SandboxError::InvalidConfig { why });
        }
        Ok(())
    }
}

impl Sandbox {
    /// Sets up the engine and tries it on this host: a program is really run.
    ///
    /// A host that cannot isolate gives an engine as well; it says so in
    /// [`Sandbox::capabilities`] and refuses every order that wants isolation. Refuses with
    /// `InvalidConfig`, or with `Host` if no thread can be started. Needs a
    /// tokio runtime with IO and time.
    pub async fn new(config: SandboxConfig) -> Result<Sandbox, SandboxError> {
        config.uid_range.check()?;
        let allow_unisolated = config.allow_unisolated;
        let engine = Self::best_engine(config).await?;
        let lacks_isolation = engine.capabilities.isolation != Isolation::Available;
        let engine = if lacks_isolation && allow_unisolated {
            capabilities::try_out_unisolated(engine).await
        } else {
            engine
        };
        Ok(Sandbox { engine: Arc::new(engine) })
    }

    /// With a cgroup if isolation is to be had with one.
    async fn best_engine(config: SandboxConfig) -> Result<Engine, SandboxError> {
        let (cgroups, why_none) = match Cgroups::claim() {
            Ok(cgroups) => (Some(cgroups), String::new()),
            Err(why) => (None, why),
        };
        let had_cgroups = cgroups.is_some();
        let first = Engine::assemble(config.clone(), cgroups, why_none)?;
        let first = capabilities::try_out(first).await;
        let Isolation::Unavailable { why } = &first.capabilities.isolation else {
            return Ok(first);
        };
        if !had_cgroups {
            return Ok(first);
        }
        // A group that can be made but not used must not cost the isolation.
        let second = Engine::assemble(config, None, why.clone())?;
        let second = capabilities::try_out(second).await;
        let better = second.capabilities.isolation == Isolation::Available;
        Ok(if better { second } else { first })
    }

    /// What this host can do, as found out by trying at [`Sandbox::new`].
    pub fn capabilities(&self) -> &Capabilities {
        &self.engine.capabilities
    }

    /// The interpreters that work inside; tried at the first question.
    pub async fn runtimes(&self) -> &Runtimes {
        self.engine.runtimes.get_or_init(|| runtimes::find(self)).await
    }

    /// Runs one program to its end. `cancel` ends it early; dropping the future
    /// kills the whole tree as well.
    ///
    /// What the program does wrong, and every limit it reaches, is an
    /// [`crate::Exit`]. Refuses with `InvalidSpec`, `IsolationUnavailable`,
    /// `Busy`; fails with `Program`, `Prepare`, `Host`, `Lost`.
    pub async fn run(
        &self,
        spec: SandboxSpec,
        cancel: impl Future<Output = ()> + Send,
    ) -> Result<SandboxResult, SandboxError> {
        self.admit(&spec, Lifetime::OneShot)?;
        run::run(&self.engine, &spec, Confinement::Isolated, cancel).await
    }

    /// Runs one program without isolation: a supervised process in a temporary
    /// folder, under limits, Landlock and a narrower system-call filter. Only
    /// where this host cannot isolate and the engine was set up for it.
    ///
    /// Refuses and fails as [`Sandbox::run`]; an order with shared directories,
    /// which need mounts, is an `InvalidSpec`.
    pub async fn run_unisolated(
        &self,
        spec: SandboxSpec,
        cancel: impl Future<Output = ()> + Send,
    ) -> Result<SandboxResult, SandboxError> {
        match &self.engine.capabilities.unisolated {
            Unisolated::Available => {}
            Unisolated::NotAllowed => {
                let why = "running without isolation is not allowed here".to_owned();
                return Err(SandboxError::IsolationUnavailable { why });
            }
            Unisolated::Unavailable { why } => {
                return Err(SandboxError::IsolationUnavailable { why: why.clone() });
            }
        }
        if spec.lifetime != Lifetime::OneShot || !spec.directories.is_empty() {
            let why = "without isolation there are no shared directories and no long-lived processes";
            return Err(SandboxError::InvalidSpec { why: why.to_owned() });
        }
        spec.check()?;
        run::run(&self.engine, &spec, Confinement::Unisolated, cancel).await
    }

    /// Isolated where that is to be had, unisolated where that is allowed.
    pub(crate) async fn run_best(&self, spec: SandboxSpec) -> Result<SandboxResult, SandboxError> {
        match &self.engine.capabilities.unisolated {
            Unisolated::Available => self.run_unisolated(spec, pending()).await,
            Unisolated::NotAllowed | Unisolated::Unavailable { .. } => self.run(spec, pending()).await,
        }
    }

    /// Starts a process to talk with. Refuses and fails as [`Sandbox::run`]; a
    /// program that is not there is told by [`LongLived::wait`].
    pub async fn start(&self, spec: SandboxSpec) -> Result<LongLived, SandboxError> {
        self.admit(&spec, Lifetime::LongLived)?;
        long_lived::start(&self.engine, spec).await
    }

    fn admit(&self, spec: &SandboxSpec, lifetime: Lifetime) -> Result<(), SandboxError> {
        if let Isolation::Unavailable { why } = &self.engine.capabilities.isolation {
            return Err(SandboxError::IsolationUnavailable { why: why.clone() });
        }
        if spec.lifetime != lifetime {
            let why = format!("a sandbox of lifetime {:?} is ordered as {lifetime:?}", spec.lifetime);
            return Err(SandboxError::InvalidSpec { why });
        }
        spec.check()
    }
}

impl Engine {
    fn assemble(
        config: SandboxConfig,
        cgroups: Option<Cgroups>,
        why_no_cgroups: String,
    ) -> Result<Engine, SandboxError> {
        let enforcement = match &cgroups {
            Some(_) => Enforcement::Enforced,
            None => Enforcement::Degraded { why: why_no_cgroups },
        };
        let is_root = rustix::process::geteuid().is_root();
        Ok(Engine {
            uids: is_root.then(|| Uids::new(config.uid_range, std::process::id())),
            capabilities: Capabilities::untried(cgroups.as_ref(), &enforcement, is_root),
            config,
            cgroups,
            enforcement,
            spawner: Spawner::start().map_err(SandboxError::host("start the spawning thread"))?,
            reaper: Reaper::start().map_err(SandboxError::host("start the reaping thread"))?,
            runtimes: OnceCell::new(),
        })
    }

    pub(crate) fn with_isolation(mut self, isolation: Isolation) -> Engine {
        self.capabilities.isolation = isolation;
        self
    }

    pub(crate) fn with_unisolated(mut self, unisolated: Unisolated) -> Engine {
        self.capabilities.unisolated = unisolated;
        self
    }
}
