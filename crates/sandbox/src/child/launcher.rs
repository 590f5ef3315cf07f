//! Owns the launcher: the outermost process of a sandbox, a child of the server.
//!
//! It stays outside of the sandbox's PID namespace so that the program cannot
//! signal it, and holds the two ways in which a tree dies with its server: the
//! parent's death signal and the control socket's end of file.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, PidfdFlags, Signal};

use super::failure::Failure;
use super::{CONTROL_DESCRIPTOR, ORDER_DESCRIPTOR, identity, init};
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
        Ok((init, status)) => watch(&mut control, init, status),
        Err(failure) => {
            // If the server is gone as well, there is nobody to tell.
            let _ = control.write_all(&failure.report().line());
            sys::exit_now(EXIT_FAILED)
        }
    }
}

/// Everything up to a running PID 1: its id, and the pipe it reports on.
fn start(order: OwnedFd) -> Result<(Pid, OwnedFd), Failure> {
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
    identity::leave_namespaces(uid, gid)?;
    fork_init(order, files)
}

fn fork_init(order: Order, files: File) -> Result<(Pid, OwnedFd), Failure> {
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
        .map_err(Failure::isolation("create the status pipe"))?;
    match sys::fork().map_err(Failure::isolation("fork PID 1"))? {
        ForkResult::Child => {
            drop(reader);
            init::run(order, files, writer)
        }
        ForkResult::Parent(pid) => {
            drop(writer);
            Ok((pid, reader))
        }
    }
}

/// Waits for the end of PID 1, or of the server, and reports.
fn watch(control: &mut File, init: Pid, status: OwnedFd) -> ! {
    // The program's streams must end with the program.
    let _ = init::streams_to_null();
    let powerless = identity::become_powerless();
    let init_fd = rustix::process::pidfd_open(init, PidfdFlags::empty());
    if let (Ok(()), Ok(init_fd)) = (&powerless, &init_fd) {
        wait_for_either(control, init_fd);
    }
    // Either PID 1 has ended, or the server asks for the end, or we could not
    // even watch. The kernel lets PID 1 become waitable only when every other
    // process of its namespace is gone.
    let _ = rustix::process::kill_process(init, Signal::KILL);
    let (init_status, usage) = sys::wait_with_usage(init).unwrap_or_default();
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
