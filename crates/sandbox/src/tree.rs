//! Owns a running process tree and its end: whichever way the owner goes, by
//! returning, by an error or by being dropped in the middle, nothing stays.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use tokio::time::timeout;

use crate::cgroup::Cgroup;
use crate::leases::UidLease;
use crate::sys;

/// How long a launcher may take to kill its tree, before it is killed itself.
/// A process in the middle of a disk write dies only after it.
const LAUNCHER_GRACE: Duration = Duration::from_secs(2);
/// How long to wait for an emptied group to become removable, and how often to look.
const GROUP_GRACE: Duration = Duration::from_millis(200);
const GROUP_LOOK: Duration = Duration::from_micros(500);

/// The launcher of one sandbox, and what was taken for it from the host.
#[derive(Debug)]
pub(crate) struct Tree {
    parts: Option<Parts>,
    reaper: Reaper,
}

#[derive(Debug)]
struct Parts {
    pid: Pid,
    /// The launcher; readable once it has ended.
    launcher: OwnedFd,
    /// Our end of the control socket: its closing is the order to die.
    control: OwnedFd,
    cgroup: Option<Cgroup>,
    /// Given back last: until then no other sandbox has this uid.
    _lease: Option<UidLease>,
}

/// The thread that ends trees whose owner was dropped.
#[derive(Debug, Clone)]
pub(crate) struct Reaper {
    dropped: mpsc::Sender<Parts>,
}

impl Reaper {
    /// Starts the thread. It ends when the last tree is gone.
    pub(crate) fn start() -> io::Result<Self> {
        let (dropped, queue) = mpsc::channel::<Parts>();
        thread::Builder::new().name("sandbox-reap".to_owned()).spawn(move || {
            // First the order to die for all that wait, then one by one.
            while let Ok(first) = queue.recv() {
                let waiting: Vec<Parts> = std::iter::once(first).chain(queue.try_iter()).collect();
                waiting.iter().for_each(Parts::order_to_die);
                waiting.into_iter().for_each(Parts::end);
            }
        })?;
        Ok(Reaper { dropped })
    }
}

impl Tree {
    /// Takes over a launcher just started; the caller is its parent and has not
    /// waited for it.
    pub(crate) fn adopt(
        pid: Pid,
        control: OwnedFd,
        cgroup: Option<Cgroup>,
        lease: Option<UidLease>,
        reaper: Reaper,
    ) -> io::Result<Self> {
        let launcher =
            rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).inspect_err(|_| {
                // Nobody else has waited for it, so the number still is its own.
                let _ = rustix::process::kill_process(pid, Signal::KILL);
                let _ = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty());
            })?;
        let parts = Parts { pid, launcher, control, cgroup, _lease: lease };
        Ok(Tree { parts: Some(parts), reaper })
    }

    /// The launcher's process id, while it lives.
    pub(crate) fn launcher_pid(&self) -> Option<Pid> {
        self.parts.as_ref().map(|parts| parts.pid)
    }

    pub(crate) fn cgroup(&self) -> Option<&Cgroup> {
        self.parts.as_ref()?.cgroup.as_ref()
    }

    /// Orders the launcher to kill the tree and to report.
    pub(crate) fn order_to_die(&self) {
        if let Some(parts) = &self.parts {
            parts.order_to_die();
        }
    }

    /// Kills without waiting for the launcher's report.
    pub(crate) fn kill(&self) {
        if let Some(parts) = &self.parts {
            parts.kill();
        }
    }

    /// Waits for the end of everything and gives back what was taken. What
    /// takes too long is left to the reaper.
    pub(crate) async fn finish(mut self) {
        let Some(parts) = &mut self.parts else { return };
        // A descriptor that cannot be watched is the reaper's to wait for.
        let ended = async { sys::readable(parts.launcher.as_fd()).await.is_ok() };
        if !timeout(LAUNCHER_GRACE, ended).await.unwrap_or(false) || !parts.reap() {
            return;
        }
        let removed = async {
            while let Some(cgroup) = &mut parts.cgroup {
                if cgroup.try_remove().is_ok() {
                    break;
                }
                tokio::time::sleep(GROUP_LOOK).await;
            }
        };
        if timeout(GROUP_GRACE, removed).await.is_ok() {
            // Reaped and removed: there is nothing left for the reaper.
            self.parts = None;
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            parts.order_to_die();
            if let Err(mpsc::SendError(parts)) = self.reaper.dropped.send(parts) {
                parts.end();
            }
        }
    }
}

impl Parts {
    fn order_to_die(&self) {
        // The launcher may be gone already.
        let _ = rustix::net::shutdown(&self.control, rustix::net::Shutdown::Write);
    }

    fn kill(&self) {
        let _ = rustix::process::pidfd_send_signal(&self.launcher, Signal::KILL);
        if let Some(cgroup) = &self.cgroup {
            cgroup.kill();
        }
    }

    /// Takes the ended launcher's status, so that no zombie stays. False if it
    /// has not ended.
    fn reap(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        match rustix::process::waitid(WaitId::PidFd(self.launcher.as_fd()), options) {
            Ok(Some(_)) | Err(rustix::io::Errno::CHILD) => true,
            Ok(None) | Err(_) => false,
        }
    }

    fn end(self) {
        if !self.ended_within(LAUNCHER_GRACE) {
            self.kill();
            self.ended_within(LAUNCHER_GRACE);
        }
        self.reap();
        // Dropping the group kills what might still be in it.
    }

    fn ended_within(&self, time: Duration) -> bool {
        let mut fds = [PollFd::from_borrowed_fd(self.launcher.as_fd(), PollFlags::IN)];
        let time = Timespec::try_from(time).unwrap_or_default();
        matches!(rustix::event::poll(&mut fds, Some(&time)), Ok(1..))
    }
}
