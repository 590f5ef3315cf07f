//! Owns the end of an unisolated tree: the kernel ends a PID namespace with its
//! first process, and here there is none.
//!
//! The caller is a subreaper, so whatever leaves its parent becomes a child of
//! the caller: a tree is gone when the caller has no child.

use std::fs;
use std::time::Duration;

use rustix::event::Timespec;
use rustix::process::{Pid, Signal, WaitOptions};

use crate::sys;

/// Between two rounds: a killed process needs about this long to end.
const PAUSE: Duration = Duration::from_millis(1);
/// Ten seconds: a process that is in the middle of a disk write ends only after it.
const MAX_ROUNDS: u32 = 10_000;
/// More processes than any order may have; a bound for one walk.
const MAX_PROCESSES: usize = 65_536;

/// Whose processes are to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// This user has no process but those of the tree: one call reaches all,
    /// also those that are being forked.
    OfThisUser,
    /// This user has other processes: the tree is walked, until nothing is found.
    OfThisProcess,
}

/// Kills every descendant and takes its status.
pub(super) fn end(whose: Whose) {
    for _ in 0..MAX_ROUNDS {
        loop {
            match rustix::process::wait(WaitOptions::NOHANG) {
                Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                Ok(None) => break,
                // There is no child, dead or alive.
                Err(_) => return,
            }
        }
        match whose {
            Whose::OfThisUser => {
                // It fails if none is left, and the next wait says so.
                let _ = sys::kill_all_of_this_user();
            }
            Whose::OfThisProcess => kill_below(rustix::process::getpid().as_raw_pid()),
        }
        let pause = Timespec::try_from(PAUSE).unwrap_or_default();
        let _ = rustix::event::poll(&mut [], Some(&pause));
    }
}

/// Kills as it walks: between reading a number and killing it a process has no
/// time to fork and to end.
fn kill_below(process: i32) {
    let mut queue = vec![process];
    let mut seen = 0;
    while let Some(parent) = queue.pop() {
        let tasks = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
        for task in tasks {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            for raw in children.split_whitespace().filter_map(|raw| raw.parse().ok()) {
                if let Some(pid) = Pid::from_raw(raw).filter(|_| seen < MAX_PROCESSES) {
                    let _ = rustix::process::kill_process(pid, Signal::KILL);
                    queue.push(raw);
                    seen += 1;
                }
            }
        }
    }
}
