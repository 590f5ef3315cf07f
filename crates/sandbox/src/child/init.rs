//! Owns PID 1 of the sandbox: builds its file system, starts the program, reaps
//! orphans. When it ends, by whichever way, the kernel kills the rest.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, PidfdFlags, WaitOptions};

use super::failure::Failure;
use super::launcher::Unisolated;
use super::{identity, program, root};
use crate::sys::{self, ForkResult};
use crate::wire::{Order, Report};

/// Without a program there is nothing to wait for.
const EXIT_FAILED: i32 = 124;
/// How long an orphan of an unisolated program may wait to be reaped.
const LOOK_EVERY: Duration = Duration::from_millis(50);

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

/// The same without a namespace. Launcher and `init` guard each other: the tree
/// ends also if one of them is killed.
pub(super) fn run_unisolated(order: &Order, unisolated: &Unisolated, status: OwnedFd) -> ! {
    let mut status = File::from(status);
    match start_unisolated(order, &unisolated.folder, &status) {
        Ok(program) => match reap_until_unless_alone(program, &status) {
            Some(ended) => {
                // The launcher ends whatever is left.
                let _ = status.write_all(&Report::Exited { status: ended }.line());
                sys::exit_now(0)
            }
            None => {
                unisolated.end();
                sys::exit_now(EXIT_FAILED)
            }
        },
        Err(failure) => {
            let _ = status.write_all(&failure.report().line());
            sys::exit_now(EXIT_FAILED)
        }
    }
}

fn start_unisolated(order: &Order, folder: &Path, status: &File) -> Result<Pid, Failure> {
    identity::adopt_orphans()?;
    // The files in /proc of an undumpable process are root's.
    identity::become_dumpable()?;
    fs::write("/proc/self/oom_score_adj", b"1000").map_err(Failure::isolation("set oom score"))?;
    identity::become_powerless_on_the_host()?;
    std::env::set_current_dir(folder).map_err(Failure::isolation("enter the temporary folder"))?;
    fork_program(order, Some(folder), status)
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
    fork_program(order, None, status)
}

fn fork_program(order: &Order, folder: Option<&Path>, status: &File) -> Result<Pid, Failure> {
    match sys::fork().map_err(Failure::isolation("fork the program"))? {
        ForkResult::Child => {
            let failure = program::run(order, folder);
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

/// [`reap_until`], or none if the launcher ends before the program does.
fn reap_until_unless_alone(program: Pid, launcher: &File) -> Option<i32> {
    let look_every = Timespec::try_from(LOOK_EVERY).unwrap_or_default();
    loop {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) if pid == program => return Some(status.as_raw()),
            Ok(Some(_)) | Err(rustix::io::Errno::INTR) => continue,
            Ok(None) => {}
            Err(_) => return Some(libc::SIGKILL),
        }
        if launcher_is_gone(launcher) {
            return None;
        }
        // A process that cannot be opened is asked for again after the pause.
        let ended = rustix::process::pidfd_open(program, PidfdFlags::empty());
        let mut fds = vec![PollFd::from_borrowed_fd(launcher.as_fd(), PollFlags::empty())];
        fds.extend(ended.iter().map(|ended| PollFd::from_borrowed_fd(ended.as_fd(), PollFlags::IN)));
        let _ = rustix::event::poll(&mut fds, Some(&look_every));
    }
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
