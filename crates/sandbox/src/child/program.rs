//! Owns the last steps before the program: per-process limits, its session,
//! Landlock, the system-call filter, and `execve`.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::process::{Resource, Rlimit};

use super::failure::Failure;
use super::{identity, landlock, seccomp, tasks};
use crate::confinement::Confinement;
use crate::sys;
use crate::wire::Order;

/// What glibc takes for each thread's stack, and the usual limit of a login.
const STACK_BYTES: u64 = 8 * 1024 * 1024;
/// Timers and queued signals, which live in the kernel's memory.
const PENDING_SIGNALS: u64 = 1024;
/// The launcher and PID 1 are counted with the program's processes.
pub(super) const OWN_PROCESSES: u64 = 2;
/// The grace between SIGXCPU and SIGKILL.
const CPU_GRACE_SECONDS: u64 = 1;

/// Confines this process and turns it into the program. Returns only if that failed.
/// `folder` is where an unisolated program lives.
pub(super) fn run(order: &Order, folder: Option<&Path>) -> Failure {
    match confine(order, folder) {
        Err(failure) => failure,
        Ok(()) => Failure::program(&execute(order)),
    }
}

fn confine(order: &Order, folder: Option<&Path>) -> Result<(), Failure> {
    if folder.is_some() {
        identity::die_with_parent()?;
    }
    // A session of its own: `kill 0` must not reach PID 1 and the launcher.
    rustix::process::setsid().map_err(Failure::isolation("start the program's session"))?;
    sys::keep_from_next_program(3).map_err(Failure::isolation("keep descriptors back"))?;
    set_limits(order)?;
    match folder {
        None => landlock::restrict(order)?,
        Some(folder) => landlock::restrict_to(folder, order)?,
    }
    seccomp::restrict(order.limits_enforced, order.confinement)
}

/// Only a failure returns.
fn execute(order: &Order) -> io::Error {
    Command::new(&order.program).args(&order.arguments).env_clear().envs(&order.environment).exec()
}

fn set_limits(order: &Order) -> Result<(), Failure> {
    let limits = &order.limits;
    let same = |value: u64| (value, value);
    let cpu_seconds = limits.cpu_time.as_secs().saturating_add(u64::from(limits.cpu_time.subsec_nanos() > 0));
    let mut table = vec![
        (Resource::Nproc, same(process_limit(order))),
        (Resource::Nofile, same(limits.open_files)),
        (Resource::Fsize, same(limits.file_bytes)),
        // One byte, not none: at 0 the kernel still starts the host's crash
        // handler if `core_pattern` is a pipe; at 1 it starts and writes nothing.
        (Resource::Core, same(1)),
        (Resource::Memlock, same(0)),
        (Resource::Stack, same(STACK_BYTES)),
        (Resource::Sigpending, same(PENDING_SIGNALS)),
        (Resource::Msgqueue, same(0)),
        (Resource::Nice, same(0)),
        (Resource::Rtprio, same(0)),
    ];
    if order.cpu_time_applies {
        table.push((Resource::Cpu, (cpu_seconds, cpu_seconds.saturating_add(CPU_GRACE_SECONDS))));
    }
    if !order.limits_enforced {
        // Private memory that can be written, used or not; with it the stacks
        // that threads reserve and do not use. The address space as a whole
        // cannot be bounded: V8 reserves gigabytes that it never touches.
        let stacks = u64::from(limits.processes).saturating_mul(STACK_BYTES);
        table.push((Resource::Data, same(limits.memory_bytes.saturating_add(stacks))));
    }
    for (resource, (soft, hard)) in table {
        set_limit(resource, soft, hard).map_err(Failure::isolation(format!("set limit {resource:?}")))?;
    }
    Ok(())
}

/// In a namespace, and under a uid of its own, the tree's processes are the only
/// ones that count; a host's ordinary user has others, and their number moves.
fn process_limit(order: &Order) -> u64 {
    let own = u64::from(order.limits.processes).saturating_add(OWN_PROCESSES);
    let shares_its_uid = order.confinement == Confinement::Unisolated && order.host_uid.is_none();
    let others = if shares_its_uid { tasks::of_user(rustix::process::getuid().as_raw()) } else { 0 };
    own.saturating_add(others)
}

/// Sets a limit, or the stricter one that the server itself runs under.
fn set_limit(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let ceiling = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let limit = Rlimit { current: Some(soft.min(ceiling)), maximum: Some(hard.min(ceiling)) };
    Ok(rustix::process::setrlimit(resource, limit)?)
}
