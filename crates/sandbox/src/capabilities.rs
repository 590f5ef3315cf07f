//! Owns what the engine knows about its host: tried, not guessed, and where
//! something fails, which setting of the host is behind it.

use std::fs;
use std::future::pending;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cgroup::Cgroups;
use crate::confinement::Confinement;
use crate::engine::Engine;
use crate::error::SandboxError;
use crate::result::{Enforcement, Exit};
use crate::spec::SandboxSpec;
use crate::{child, run, sys, watchdog};

/// What this host can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// Whether a program was really run, isolated.
    pub isolation: Isolation,
    /// Whether a program was really run without isolation.
    pub unisolated: Unisolated,
    /// Whether limits are held by the kernel.
    pub limits: Enforcement,
    /// Under whose uid sandboxes run.
    pub identity: Identity,
    /// The resource groups in use.
    pub cgroups: CgroupSupport,
    /// Kinds of namespaces that this kernel has. A sandbox needs all of them.
    pub namespaces: Vec<String>,
    /// Whether the system-call filter can be built for this machine.
    pub seccomp: bool,
    /// Version of Landlock, the second wall; none if the kernel has none.
    pub landlock_abi: Option<i32>,
    /// The kernel's release.
    pub kernel: String,
}

/// Whether a sandbox can be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// A program was run in one.
    Available,
    /// None can; every order is refused.
    Unavailable {
        /// What failed and, where known, what to change on the host.
        why: String,
    },
}

/// Whether a program can be had without isolation, as a supervised process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unisolated {
    /// The engine was not set up for it, or isolation is there: never.
    NotAllowed,
    /// A program was run so.
    Available,
    /// It was wanted and cannot be had.
    Unavailable {
        /// What failed.
        why: String,
    },
}

/// Under whose uid sandboxes run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// The server is root: each sandbox has a uid of its own.
    UidPerSandbox,
    /// The server is an ordinary user: sandboxes are that user to the host.
    ServersOwnUid,
}

/// Which resource groups are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CgroupSupport {
    /// Version 1, as root.
    V1,
    /// Version 2, as root. Unverified.
    V2,
    /// Version 2, in a part that was delegated to this user. Unverified.
    V2Delegated,
    /// None.
    None,
}

/// The namespaces of a sandbox, by their names in /proc/self/ns.
const NAMESPACES: [&str; 7] = ["user", "mnt", "pid", "ipc", "uts", "cgroup", "net"];
/// Programs that do nothing; the first that exists is the trial.
const TRIALS: [&str; 2] = ["/bin/true", "/usr/bin/true"];

/// Settings that take isolation away, and what they mean.
const OBSTACLES: [(&str, &str, &str); 3] = [
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor lets only programs with a profile create user namespaces (Ubuntu 23.10 and newer): \
         add a profile with `userns,` for this binary, or set the sysctl \
         kernel.apparmor_restrict_unprivileged_userns to 0",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "the sysctl kernel.unprivileged_userns_clone is 0: set it to 1",
    ),
    ("/proc/sys/user/max_user_namespaces", "0", "the sysctl user.max_user_namespaces is 0: raise it"),
];

impl Capabilities {
    /// Everything but the trial.
    pub(crate) fn untried(cgroups: Option<&Cgroups>, limits: &Enforcement, is_root: bool) -> Capabilities {
        let namespaces = NAMESPACES
            .into_iter()
            .filter(|name| Path::new("/proc/self/ns").join(name).symlink_metadata().is_ok());
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Capabilities {
            isolation: Isolation::Unavailable { why: "not tried yet".to_owned() },
            unisolated: Unisolated::NotAllowed,
            limits: limits.clone(),
            identity: if is_root { Identity::UidPerSandbox } else { Identity::ServersOwnUid },
            cgroups: match cgroups {
                None => CgroupSupport::None,
                Some(cgroups) if cgroups.is_v1() => CgroupSupport::V1,
                Some(_) if is_root => CgroupSupport::V2,
                Some(_) => CgroupSupport::V2Delegated,
            },
            namespaces: namespaces.map(str::to_owned).collect(),
            seccomp: child::seccomp_is_supported(),
            landlock_abi: sys::landlock_abi(),
            kernel: kernel.trim().to_owned(),
        }
    }
}

/// Runs a program that does nothing and notes whether it could.
pub(crate) async fn try_out(engine: Engine) -> Engine {
    let isolation = match trial(&engine, Confinement::Isolated).await {
        Ok(()) => Isolation::Available,
        Err(why) => Isolation::Unavailable { why: explain(why) },
    };
    engine.with_isolation(isolation)
}

/// The same without isolation, for an engine that has none.
pub(crate) async fn try_out_unisolated(engine: Engine) -> Engine {
    let unisolated = match trial(&engine, Confinement::Unisolated).await {
        Ok(()) => Unisolated::Available,
        Err(why) => Unisolated::Unavailable { why },
    };
    engine.with_unisolated(unisolated)
}

async fn trial(engine: &Engine, confinement: Confinement) -> Result<(), String> {
    if engine.cgroups.is_none()
        && let Some(why) = watchdog::blindness()
    {
        return Err(format!("there is no cgroup, and memory cannot be watched: {why}"));
    }
    let Some(program) = TRIALS.into_iter().find(|path| Path::new(path).exists()) else {
        return Err(format!("there is no {} to try with", TRIALS.join(" or ")));
    };
    let result = run::run(engine, &SandboxSpec::new(program), confinement, pending()).await;
    match result {
        Ok(result) if result.exit == Exit::Code(0) => Ok(()),
        Ok(result) => Err(format!("{program} ended with {:?}", result.exit)),
        Err(error) => Err(with_causes(&error)),
    }
}

fn with_causes(error: &SandboxError) -> String {
    let mut text = match error {
        SandboxError::IsolationUnavailable { why } => why.clone(),
        other => other.to_string(),
    };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn explain(why: String) -> String {
    let active = OBSTACLES
        .into_iter()
        .find(|(file, value, _)| fs::read_to_string(file).is_ok_and(|text| text.trim() == *value));
    match active {
        Some((_, _, meaning)) => format!("{why}; {meaning}"),
        None => why,
    }
}
