//! What a server stands on: the log, the sandbox with its interpreters, the policy's texts.
//!
//! Each takes its time, most of a start, and none needs another; so they are made side by side. What is
//! built on them has an order, and that is `wire`'s.

use crate::policy_start::Found;
use crate::wire::open_log;
use anyhow::Context as _;
use audit::{Audit, OpenReport};
use authz::{PolicyDraft, PolicyFiles};
use domain::Clock;
use sandbox::{Runtimes, Sandbox, SandboxConfig, UidRange};
use secrets::KeyStore;
use settings::Settings;
use std::path::PathBuf;
use std::sync::Arc;

/// All of it, tried and checked.
pub(crate) struct Foundations {
    pub(crate) keys: Arc<KeyStore>,
    pub(crate) audit: Audit,
    pub(crate) report: OpenReport,
    pub(crate) sandbox: Sandbox,
    pub(crate) runtimes: Runtimes,
    pub(crate) policy: Found,
}

impl Foundations {
    /// Waits for all of it. Of several faults the first in this order is told, whichever came first.
    pub(crate) async fn lay(
        settings: &Settings,
        launcher: PathBuf,
        allow_unisolated: bool,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let log = {
            let (settings, clock) = (settings.clone(), Arc::clone(clock));
            aside("opening the log", move || open_log(&settings, &clock))
        };
        let policy = {
            let folder = settings.policy.dir.clone();
            aside("reading the policy", move || {
                let files = PolicyFiles::read(&folder)?;
                Ok(Found { draft: PolicyDraft::read(&files), files })
            })
        };
        let (log, policy, tried) =
            tokio::join!(log, policy, try_sandbox(settings, launcher, allow_unisolated));
        let (keys, audit, report) = log?;
        let (sandbox, runtimes) = tried?;
        Ok(Self { keys, audit, report, sandbox, runtimes, policy: policy? })
    }
}

/// Runs a program in a sandbox, then each interpreter in one of its own.
async fn try_sandbox(
    settings: &Settings,
    launcher: PathBuf,
    allow_unisolated: bool,
) -> anyhow::Result<(Sandbox, Runtimes)> {
    let mut config = SandboxConfig { launcher, allow_unisolated, ..SandboxConfig::default() };
    if let Some(range) = settings.sandbox.uid_range {
        config.uid_range = UidRange { first: range.first, count: range.count };
    }
    let sandbox = Sandbox::new(config).await.context("the sandbox")?;
    let runtimes = sandbox.runtimes().await.clone();
    Ok((sandbox, runtimes))
}

/// Runs `work` on a thread of its own. Work that panics is work that failed.
async fn aside<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await.with_context(|| format!("{what} was not finished"))?
}
