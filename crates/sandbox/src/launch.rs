//! Owns the start of a sandbox on the server's side: what is taken from the
//! host for it, the order, the pipes. What happens next is `run`'s or
//! `long_lived`'s.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;

use rustix::pipe::{PipeFlags, pipe_with};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;

use crate::child::{CONTROL_DESCRIPTOR, LAUNCHER_NAME, ORDER_DESCRIPTOR};
use crate::confinement::Confinement;
use crate::engine::Engine;
use crate::error::SandboxError;
use crate::reports::Reports;
use crate::spec::{Lifetime, SandboxSpec, WORK_DIRECTORY};
use crate::sys::{self, SpawnRequest};
use crate::tree::Tree;
use crate::wire::{self, Order};

/// A sandbox that was just started.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) tree: Tree,
    pub(crate) reports: Reports,
    pub(crate) stdin: pipe::Sender,
    pub(crate) stdout: pipe::Receiver,
    pub(crate) stderr: pipe::Receiver,
}

/// What a program sees unless the order says otherwise.
const DEFAULT_ENVIRONMENT: [(&str, &str); 4] = [
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("HOME", WORK_DIRECTORY),
    ("LANG", "C.UTF-8"),
    ("TMPDIR", "/tmp"),
];

/// Starts the launcher with its order. The order itself was checked.
pub(crate) async fn launch(
    engine: &Engine,
    spec: &SandboxSpec,
    confinement: Confinement,
) -> Result<Running, SandboxError> {
    let lease = match &engine.uids {
        None => None,
        Some(uids) => {
            let count = engine.config.uid_range.count;
            Some(uids.lease().ok_or(SandboxError::Busy { count })?)
        }
    };
    let cgroup = match &engine.cgroups {
        None => None,
        Some(cgroups) => Some(cgroups.create(&spec.limits).map_err(SandboxError::host("make a cgroup"))?),
    };
    let order = Order {
        confinement,
        server_pid: rustix::process::getpid().as_raw_pid(),
        host_uid: lease.as_ref().map(|lease| lease.uid()),
        cgroup_files: cgroup.as_ref().map(|cgroup| cgroup.join_files()).unwrap_or_default(),
        limits_enforced: engine.enforcement.is_enforced(),
        program: spec.program.clone(),
        arguments: spec.arguments.clone(),
        environment: environment(spec),
        runtime_directories: spec.runtime_directories.clone(),
        directories: spec.directories.clone(),
        limits: spec.limits.clone(),
        cpu_time_applies: spec.lifetime == Lifetime::OneShot,
        files: spec.files.iter().map(|(name, content)| (name.clone(), content.len() as u64)).collect(),
    };
    let order = wire::write_order(&order, spec).map_err(SandboxError::host("write the order"))?;
    let (ours, theirs) = open_ends(order).map_err(SandboxError::host("open pipes"))?;
    let kill_switch = ours.control.try_clone().map_err(SandboxError::host("share the control socket"))?;

    let (launcher, reaper) = (engine.config.launcher.clone(), engine.reaper.clone());
    let start = move || {
        let pid =
            sys::spawn(&SpawnRequest { program: &launcher, name: LAUNCHER_NAME, descriptors: &theirs })?;
        Tree::adopt(pid, OwnedFd::from(kill_switch), cgroup, lease, reaper)
    };
    let started: io::Result<Tree> =
        engine.spawner.run(start).await.map_err(SandboxError::host("start the launcher"))?;
    let tree = started.map_err(SandboxError::host("start the launcher"))?;
    ours.into_running(tree).map_err(SandboxError::host("watch the pipes"))
}

/// The server's ends of what connects it to a sandbox.
struct OurEnds {
    control: StdUnixStream,
    stdin: OwnedFd,
    stdout: OwnedFd,
    stderr: OwnedFd,
}

/// Opens everything; the launcher's ends are in the order of their numbers.
fn open_ends(order: OwnedFd) -> io::Result<(OurEnds, Vec<OwnedFd>)> {
    let (stdin_reader, stdin) = pipe_with(PipeFlags::CLOEXEC)?;
    let (stdout, stdout_writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let (stderr, stderr_writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let (control, launchers_control) = StdUnixStream::pair()?;
    control.set_nonblocking(true)?;
    let mut theirs = vec![stdin_reader, stdout_writer, stderr_writer];
    debug_assert_eq!(theirs.len(), CONTROL_DESCRIPTOR as usize);
    theirs.push(OwnedFd::from(launchers_control));
    debug_assert_eq!(theirs.len(), ORDER_DESCRIPTOR as usize);
    theirs.push(order);
    Ok((OurEnds { control, stdin, stdout, stderr }, theirs))
}

impl OurEnds {
    fn into_running(self, tree: Tree) -> io::Result<Running> {
        Ok(Running {
            tree,
            reports: Reports::new(UnixStream::from_std(self.control)?),
            stdin: pipe::Sender::from_owned_fd(self.stdin)?,
            stdout: pipe::Receiver::from_owned_fd(self.stdout)?,
            stderr: pipe::Receiver::from_owned_fd(self.stderr)?,
        })
    }
}

fn environment(spec: &SandboxSpec) -> BTreeMap<String, String> {
    let defaults = DEFAULT_ENVIRONMENT.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut environment = BTreeMap::from(defaults);
    environment.extend(spec.environment.clone());
    environment
}
