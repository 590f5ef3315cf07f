//! Owns the wrappers that the child needs: fork, unshare, descriptors, mounts.

#![expect(unsafe_code, reason = "system calls without a safe wrapper")]

use std::ffi::CString;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use rustix::process::Pid;

/// What `fork` returned.
pub(crate) enum ForkResult {
    /// We are the child.
    Child,
    /// We are the parent of this child.
    Parent(Pid),
}

/// What a waited-for child and its waited-for descendants used.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ChildUsage {
    /// User and system time.
    pub(crate) cpu: Duration,
    /// The largest resident set of any one process, in bytes.
    pub(crate) peak_memory_bytes: u64,
}

/// Forks. Only for the launcher: refused in a process with a second thread.
pub(crate) fn fork() -> io::Result<ForkResult> {
    if std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() > 1) {
        return Err(io::Error::other("fork in a process with threads"));
    }
    // SAFETY: there is one thread, so the child's copy of every lock is free.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(ForkResult::Child),
        raw => Pid::from_raw(raw)
            .map(ForkResult::Parent)
            .ok_or_else(|| io::Error::other("fork returned no process id")),
    }
}

/// Leaves namespaces; `flags` are `CLONE_NEW*`.
pub(crate) fn unshare(flags: libc::c_int) -> io::Result<()> {
    // SAFETY: only namespace flags are passed (never CLONE_FILES), so no
    // descriptor that another part owns can change its meaning.
    check(unsafe { libc::unshare(flags) })
}

/// Ends this process without running destructors or exit handlers, which
/// belong to the program that was forked.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: `_exit` takes any integer and does not return.
    unsafe { libc::_exit(code) }
}

/// Kills every process of this process's user but itself. Refused to root, for
/// whom it would be every process of the host.
pub(crate) fn kill_all_of_this_user() -> io::Result<()> {
    if rustix::process::geteuid().is_root() || rustix::process::getuid().is_root() {
        return Err(io::Error::from(io::ErrorKind::PermissionDenied));
    }
    // SAFETY: `kill` takes integers only.
    check(unsafe { libc::kill(-1, libc::SIGKILL) })
}

/// Takes over a descriptor that the parent process left at `number`, and keeps
/// it from the next program.
pub(crate) fn inherited_descriptor(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: F_SETFD takes integers; a number that is not open is refused.
    check(unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    // SAFETY: it is open (just checked) and the launcher calls this once per
    // number, before anything else could own it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Closes every descriptor from `first` on. Only for the launcher's first steps,
/// where nothing owns a descriptor that high.
pub(crate) fn close_from(first: u32) -> io::Result<()> {
    close_range(first, 0)
}

/// Marks every descriptor from `first` on to be closed by `execve`.
pub(crate) fn keep_from_next_program(first: u32) -> io::Result<()> {
    close_range(first, libc::CLOSE_RANGE_CLOEXEC)
}

/// Sets `attributes` (`MOUNT_ATTR_*`) on the mount at `path`, and with
/// `AT_RECURSIVE` in `flags` on all below it. Linux 5.12.
pub(crate) fn restrict_mount(path: &Path, attributes: u64, flags: i32) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_bytes()).map_err(io::Error::other)?;
    let attributes = libc::mount_attr { attr_set: attributes, attr_clr: 0, propagation: 0, userns_fd: 0 };
    // SAFETY: both pointers are to live values, and the size is that of the
    // structure the second one points to.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
            std::ptr::from_ref(&attributes),
            size_of::<libc::mount_attr>(),
        )
    };
    check_long(result).map(drop)
}

/// Waits for the child `pid`: its wait status and what it used.
pub(crate) fn wait_with_usage(pid: Pid) -> io::Result<(i32, ChildUsage)> {
    let mut status = 0;
    // SAFETY: `rusage` is plain integers, for which zero is a value.
    let mut used: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        // SAFETY: both pointers are to live, writable values.
        let result = unsafe { libc::wait4(pid.as_raw_nonzero().get(), &raw mut status, 0, &raw mut used) };
        if result >= 0 {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    let usage = ChildUsage {
        cpu: duration(used.ru_utime) + duration(used.ru_stime),
        // Linux counts ru_maxrss in KiB.
        peak_memory_bytes: u64::try_from(used.ru_maxrss).unwrap_or(0).saturating_mul(1024),
    };
    Ok((status, usage))
}

/// The kernel's Landlock version, if it has Landlock and it is switched on.
pub(crate) fn landlock_abi() -> Option<i32> {
    /// `LANDLOCK_CREATE_RULESET_VERSION`.
    const VERSION: libc::c_uint = 1;
    // SAFETY: with this flag the call reads no memory and only returns a number.
    let result = unsafe {
        libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<libc::c_void>(), 0usize, VERSION)
    };
    check_long(result).ok().and_then(|abi| i32::try_from(abi).ok())
}

fn close_range(first: u32, flags: libc::c_uint) -> io::Result<()> {
    // SAFETY: the callers' documentation says why nobody owns what is closed.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, flags) };
    check_long(result).map(drop)
}

fn duration(time: libc::timeval) -> Duration {
    Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or(0))
        + Duration::from_micros(u64::try_from(time.tv_usec).unwrap_or(0))
}

fn check(result: libc::c_int) -> io::Result<()> {
    check_long(libc::c_long::from(result)).map(drop)
}

fn check_long(result: libc::c_long) -> io::Result<libc::c_long> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
