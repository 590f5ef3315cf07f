//! Owns the launcher: the outermost process of a sandbox, a child of the server.
//!
//! It stays outside of the sandbox's PID namespace so that the program cannot
//! signal it, and holds the two ways in which a tree dies with its server: the
//! parent's death signal and the control socket's end of file.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;

use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, PidfdFlags, Signal};

use super::descendants::{self, Whose};
use super::failure::Failure;
use super::{CONTROL_DESCRIPTOR, ORDER_DESCRIPTOR, folder, identity, init};
use crate::confinement::Confinement;
use crate::limits::whole_milliseconds;
use crate::sys::{self, ForkResult};
use crate::wire::{self, Order, Report};

/// The launcher was started by hand, without the server's descriptors.
const EXIT_NOT_FOR_HANDS: i32 = 126;
/// The server is gone; there is nobody to tell.
const EXIT_NO_SERVER: i32 = 125;
/// A step failed; it was reported.
const EXIT_FAILED: i32 = 124;

/// Runs the launcher to its end.
pub(super) fn launch() -> ! {
    let inherited = sys::inherited_descriptor(CONTROL_DESCRIPTOR)
        .and_then(|control| Ok((control, sys::inherited_descriptor(ORDER_DESCRIPTOR)?)));
    let Ok((control, order)) = inherited else { sys::exit_now(EXIT_NOT_FOR_HANDS) };
    let mut control = File::from(control);
    match start(order) {
        Ok(started) => watch(&mut control, started),
        Err(failure) => {
            // If the server is gone as well, there is nobody to tell.
            let _ = control.write_all(&failure.report().line());
            sys::exit_now(EXIT_FAILED)
        }
    }
}

/// A sandbox that runs.
struct Started {
    /// PID 1, or what takes its part without a namespace.
    init: Pid,
    /// The pipe that it reports on.
    status: OwnedFd,
    /// What this process has to end by itself; none if the kernel does.
    unisolated: Option<Unisolated>,
}

/// What an unisolated program has of the host.
#[derive(Debug, Clone)]
pub(super) struct Unisolated {
    pub(super) folder: PathBuf,
    pub(super) whose: Whose,
}

impl Unisolated {
    /// Ends every descendant of this process and removes the folder.
    pub(super) fn end(&self) {
        descendants::end(self.whose);
        folder::remove(&self.folder);
    }
}

/// Everything up to a running PID 1.
fn start(order: OwnedFd) -> Result<Started, Failure> {
    identity::die_with_parent()?;
    let descriptors = u32::try_from(ORDER_DESCRIPTOR + 1).unwrap_or(u32::MAX);
    sys::close_from(descriptors).map_err(Failure::isolation("close inherited descriptors"))?;
    let (order, files) = wire::read_order(order).map_err(Failure::isolation("read the order"))?;
    rustix::process::setsid().map_err(Failure::isolation("start a session"))?;
    identity::join_cgroups(&order.cgroup_files)?;
    if let Some(uid) = order.host_uid {
        identity::give_up_root(uid)?;
    }
    let (uid, gid) = identity::require_unprivileged()?;
    identity::die_with_parent()?;
    if !identity::parent_is(order.server_pid) {
        sys::exit_now(EXIT_NO_SERVER);
    }
    match order.confinement {
        Confinement::Isolated => {
            identity::leave_namespaces(uid, gid)?;
            let (init, status) = fork_init(|status| init::run(order, files, status))?;
            Ok(Started { init, status, unisolated: None })
        }
        Confinement::Unisolated => start_unisolated(order, files),
    }
}

/// From here on the server's end is the end of file of the control socket.
fn start_unisolated(order: Order, files: File) -> Result<Started, Failure> {
    identity::outlive_parent()?;
    identity::adopt_orphans()?;
    identity::become_powerless_on_the_host()?;
    let folder = folder::make(&order, files)?;
    let whose = if order.host_uid.is_some() { Whose::OfThisUser } else { Whose::OfThisProcess };
    let order = folder::settle(order, &folder);
    let unisolated = Unisolated { folder, whose };
    let forked = fork_init(|status| init::run_unisolated(&order, &unisolated, status));
    let (init, status) = forked.inspect_err(|_| folder::remove(&unisolated.folder))?;
    Ok(Started { init, status, unisolated: Some(unisolated) })
}

fn fork_init(run: impl FnOnce(OwnedFd)) -> Result<(Pid, OwnedFd), Failure> {
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
        .map_err(Failure::isolation("create the status pipe"))?;
    match sys::fork().map_err(Failure::isolation("fork PID 1"))? {
        ForkResult::Child => {
            drop(reader);
            run(writer);
            sys::exit_now(EXIT_FAILED)
        }
        ForkResult::Parent(pid) => {
            drop(writer);
            Ok((pid, reader))
        }
    }
}

/// Waits for the end of PID 1, or of the server, and reports.
fn watch(control: &mut File, started: Started) -> ! {
    let Started { init, status, unisolated } = started;
    // The program's streams must end with the program.
    let _ = init::streams_to_null();
    let powerless = match unisolated {
        None => identity::become_powerless(),
        Some(_) => Ok(()),
    };
    let init_fd = rustix::process::pidfd_open(init, PidfdFlags::empty());
    if let (Ok(()), Ok(init_fd)) = (&powerless, &init_fd) {
        wait_for_either(control, init_fd);
    }
    // Either PID 1 has ended, or the server asks for the end, or we could not
    // even watch. The kernel lets PID 1 become waitable only when every other
    // process of its namespace is gone.
    let _ = rustix::process::kill_process(init, Signal::KILL);
    let (init_status, usage) = sys::wait_with_usage(init).unwrap_or_default();
    if let Some(unisolated) = unisolated {
        unisolated.end();
    }
    let mut reports = Vec::new();
    let limit = u64::try_from(wire::MAX_REPORT_BYTES).unwrap_or(u64::MAX);
    let _ = File::from(status).take(limit).read_to_end(&mut reports);
    if let Err(failure) = powerless {
        reports.extend(failure.report().line());
    }
    let gone = Report::Gone {
        init_status,
        cpu_ms: whole_milliseconds(usage.cpu),
        peak_memory_bytes: usage.peak_memory_bytes,
    };
    reports.extend(gone.line());
    let _ = control.write_all(&reports);
    sys::exit_now(0)
}

/// Returns when PID 1 has ended or the server has closed or written to `control`.
fn wait_for_either(control: &File, init: &OwnedFd) {
    loop {
        let mut fds = [
            PollFd::from_borrowed_fd(control.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(init.as_fd(), PollFlags::IN),
        ];
        match rustix::event::poll(&mut fds, None) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) | Err(_) => return,
        }
    }
}
