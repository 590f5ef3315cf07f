//! Owns PID 1 of the sandbox: builds its file system, starts the program, reaps
//! orphans. When it ends, by whichever way, the kernel kills the rest.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, WaitOptions};

use super::failure::Failure;
use super::{identity, program, root};
use crate::sys::{self, ForkResult};
use crate::wire::{Order, Report};

/// Without a program there is nothing to wait for.
const EXIT_FAILED: i32 = 124;

/// PID 1 from its first to its last instruction. `status` leads to the launcher.
pub(super) fn run(order: Order, files: File, status: OwnedFd) -> ! {
    let mut status = File::from(status);
    match start(&order, files, &status) {
        Ok(program) => {
            let report = Report::Exited { status: reap_until(program) };
            // If the launcher is gone, this process is being killed as well.
            let _ = status.write_all(&report.line());
            sys::exit_now(0)
        }
        Err(failure) => {
            let _ = status.write_all(&failure.report().line());
            sys::exit_now(EXIT_FAILED)
        }
    }
}

fn start(order: &Order, files: File, status: &File) -> Result<Pid, Failure> {
    identity::die_with_parent()?;
    if launcher_is_gone(status) {
        sys::exit_now(EXIT_FAILED);
    }
    // When memory runs out, this tree shall be chosen before its launcher and
    // before anybody else on the host. Raising needs no privilege.
    fs::write("/proc/self/oom_score_adj", b"1000").map_err(Failure::isolation("set oom score"))?;
    root::build(order, files)?;
    // Before the fork, so that the program never had a capability at all.
    identity::become_powerless()?;
    identity::die_with_parent()?;
    match sys::fork().map_err(Failure::isolation("fork the program"))? {
        ForkResult::Child => {
            let failure = program::run(order);
            let mut status = status;
            let _ = status.write_all(&failure.report().line());
            sys::exit_now(EXIT_FAILED)
        }
        ForkResult::Parent(pid) => {
            // A failure here must not leave the program alone: ending kills it.
            let null = streams_to_null().map_err(Failure::isolation("close the streams"));
            null.map(|()| pid)
        }
    }
}

/// Puts /dev/null in the place of the streams: they are the program's alone.
pub(super) fn streams_to_null() -> std::io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    Ok(())
}

/// PID 1's parent has no number in here; the pipe to it tells whether it lives.
fn launcher_is_gone(status: &File) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(status.as_fd(), PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    rustix::event::poll(&mut fds, Some(&now)).is_ok()
        && fds.iter().any(|fd| fd.revents().contains(PollFlags::ERR))
}

/// Reaps whatever ends, until the program itself has; its wait status.
fn reap_until(program: Pid) -> i32 {
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == program => return status.as_raw(),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            // Cannot happen before the program is reaped; if it did, the run
            // must not look like a success.
            Err(_) => return libc::SIGKILL,
        }
    }
}
