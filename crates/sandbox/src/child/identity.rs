//! Owns who the sandbox is to the host: the cgroup it is counted in, the uid it
//! runs under, and the namespaces it lives in.
//!
//! INVARIANT: host uid 0 is given up before any namespace is left and is never
//! mapped. Access checks on /proc/sys and on files use the host's uid, so a
//! "root without capabilities" could still rewrite the host's settings.

use std::fs;
use std::io;
use std::path::Path;

use rustix::process::{DumpableBehavior, Gid, Pid, Signal, Uid};

use super::failure::Failure;
use crate::sys;

/// The uid and gid that the program sees as its own.
pub(super) const INSIDE_ID: u32 = 1000;

/// The name of the host as the program sees it.
const HOST_NAME: &[u8] = b"sandbox";

/// Moves this process into the prepared cgroups.
pub(super) fn join_cgroups<P: AsRef<Path>>(files: &[P]) -> Result<(), Failure> {
    for file in files {
        // "0" is the writer itself, whatever its id is in the reader's namespace.
        let step = || format!("join cgroup {}", file.as_ref().display());
        fs::write(file, b"0").map_err(Failure::isolation(step()))?;
    }
    Ok(())
}

/// Becomes the unprivileged host user `uid`, for good.
pub(super) fn give_up_root(uid: u32) -> Result<(), Failure> {
    if uid == 0 {
        let refused = io::Error::other("uid 0 is never given to a sandbox");
        return Err(Failure::isolation("become an unprivileged user")(refused));
    }
    let (user, group) = (Uid::from_raw(uid), Gid::from_raw(uid));
    rustix::thread::set_thread_groups(&[]).map_err(Failure::isolation("drop groups"))?;
    rustix::thread::set_thread_res_gid(group, group, group)
        .map_err(Failure::isolation(format!("become group {uid}")))?;
    rustix::thread::set_thread_res_uid(user, user, user)
        .map_err(Failure::isolation(format!("become user {uid}")))?;
    if rustix::thread::set_thread_res_uid(Uid::ROOT, Uid::ROOT, Uid::ROOT).is_ok() {
        let still = io::Error::other("root can be taken back");
        return Err(Failure::isolation("become an unprivileged user")(still));
    }
    Ok(())
}

/// Refuses to go on as root, whichever way the order was written.
pub(super) fn require_unprivileged() -> Result<(u32, u32), Failure> {
    let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
    if uid.is_root() || rustix::process::getuid().is_root() {
        let root = io::Error::other("the launcher still is root");
        return Err(Failure::isolation("become an unprivileged user")(root));
    }
    Ok((uid.as_raw(), gid.as_raw()))
}

/// Leaves the host's namespaces. The next child is PID 1 of the new one.
pub(super) fn leave_namespaces(uid: u32, gid: u32) -> Result<(), Failure> {
    // A change of user makes a process undumpable, and the files in /proc with
    // which the maps are written root's. It is made undumpable again below.
    become_dumpable()?;
    sys::unshare(libc::CLONE_NEWUSER).map_err(Failure::isolation("create a user namespace"))?;
    let write =
        |file: &str, text: String| fs::write(file, text).map_err(Failure::isolation(format!("write {file}")));
    write("/proc/self/setgroups", "deny".to_owned())?;
    write("/proc/self/uid_map", format!("{INSIDE_ID} {uid} 1\n"))?;
    write("/proc/self/gid_map", format!("{INSIDE_ID} {gid} 1\n"))?;
    sys::unshare(
        libc::CLONE_NEWNS
            | libc::CLONE_NEWPID
            | libc::CLONE_NEWIPC
            | libc::CLONE_NEWUTS
            | libc::CLONE_NEWCGROUP
            | libc::CLONE_NEWNET,
    )
    .map_err(Failure::isolation("create namespaces"))?;
    rustix::system::sethostname(HOST_NAME).map_err(Failure::isolation("set the host name"))
}

/// Opens this process's own files in /proc to its user, for a moment.
pub(super) fn become_dumpable() -> Result<(), Failure> {
    rustix::process::set_dumpable_behavior(DumpableBehavior::Dumpable)
        .map_err(Failure::isolation("become dumpable"))
}

/// Asks the kernel to kill this process when its parent ends. Must be asked
/// again after each change of user, which clears it.
pub(super) fn die_with_parent() -> Result<(), Failure> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(Failure::isolation("ask for the parent's death signal"))
}

/// Takes [`die_with_parent`] back: this process has to end its tree first, and
/// learns of its parent's end by other ways.
pub(super) fn outlive_parent() -> Result<(), Failure> {
    rustix::process::set_parent_process_death_signal(None)
        .map_err(Failure::isolation("give back the parent's death signal"))
}

/// Makes this process the parent of every descendant whose own parent ends.
pub(super) fn adopt_orphans() -> Result<(), Failure> {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
        .map_err(Failure::isolation("become a subreaper"))
}

/// Whether the parent is (still) the process `pid`.
pub(super) fn parent_is(pid: i32) -> bool {
    rustix::process::getppid().map(Pid::as_raw_pid) == Some(pid)
}

/// [`become_powerless`] for a process of the host: the bounding set cannot be
/// emptied without a privilege, and holds nothing once `no_new_privs` is set.
pub(super) fn become_powerless_on_the_host() -> Result<(), Failure> {
    rustix::thread::set_no_new_privs(true).map_err(Failure::isolation("set no_new_privs"))?;
    empty_sets()?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(Failure::isolation("become undumpable"))
}

/// Gives up every capability and hides this process's memory and descriptors
/// from others of the same user.
pub(super) fn become_powerless() -> Result<(), Failure> {
    drop_capabilities()?;
    rustix::thread::set_no_new_privs(true).map_err(Failure::isolation("set no_new_privs"))?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(Failure::isolation("become undumpable"))
}

/// Empties the bounding, ambient, effective, permitted and inheritable sets.
fn drop_capabilities() -> Result<(), Failure> {
    use rustix::thread::CapabilitySet;
    for capability in CapabilitySet::all().iter() {
        match rustix::thread::remove_capability_from_bounding_set(capability) {
            // A capability that this kernel does not know cannot be had either.
            Ok(()) | Err(rustix::io::Errno::INVAL) => {}
            Err(error) => return Err(Failure::isolation("empty the bounding set")(error)),
        }
    }
    empty_sets()
}

fn empty_sets() -> Result<(), Failure> {
    use rustix::thread::{CapabilitySet, CapabilitySets};
    rustix::thread::clear_ambient_capability_set().map_err(Failure::isolation("empty the ambient set"))?;
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    rustix::thread::set_capabilities(None, none).map_err(Failure::isolation("drop capabilities"))
}
