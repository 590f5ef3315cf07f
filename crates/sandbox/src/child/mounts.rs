//! Owns the single mounts a sandbox is built from: a read-only bind, a device,
//! a tmpfs with caps. Knows no order and no layout.

use std::fs;
use std::path::Path;

use rustix::fs::CWD;
use rustix::mount::{MountFlags, UnmountFlags};

use super::failure::Failure;
use crate::sys;

/// No set-uid programs and no device nodes come in through a bind.
const NEITHER_SETUID_NOR_DEVICES: u64 = libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;

/// Shows the directory or file `source`, with all mounted below it, at `target`.
pub(super) fn bind(source: &Path, target: &Path, writable: bool) -> Result<(), Failure> {
    make_place(source, target)?;
    let step = || format!("show {} in the sandbox", target.display());
    rustix::mount::mount_bind_recursive(source, target).map_err(Failure::prepare(step()))?;
    let read_only = if writable { 0 } else { libc::MOUNT_ATTR_RDONLY };
    sys::restrict_mount(target, NEITHER_SETUID_NOR_DEVICES | read_only, libc::AT_RECURSIVE)
        .map_err(Failure::isolation(format!("restrict {}", target.display())))
}

/// Shows the host's device node `source` at `target`.
pub(super) fn bind_device(source: &Path, target: &Path) -> Result<(), Failure> {
    let step = || format!("show device {}", target.display());
    fs::write(target, b"").map_err(Failure::isolation(step()))?;
    rustix::mount::mount_bind(source, target).map_err(Failure::isolation(step()))?;
    // Read-only protects the node's own mode and owner; writing to a device
    // does not write to its file system.
    let attributes = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC;
    sys::restrict_mount(target, attributes, 0).map_err(Failure::isolation(step()))
}

/// Mounts an empty file system in memory with both of its caps.
pub(super) fn tmpfs(target: &Path, bytes: u64, inodes: u64, mode: u32) -> Result<(), Failure> {
    let options = format!("size={bytes},nr_inodes={inodes},mode={mode:o}");
    let options = std::ffi::CString::new(options)
        .map_err(std::io::Error::other)
        .map_err(Failure::isolation("write tmpfs options"))?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    rustix::mount::mount(c"tmpfs", target, c"tmpfs", flags, options.as_c_str())
        .map_err(Failure::isolation(format!("mount tmpfs at {}", target.display())))
}

/// Mounts a view on the sandbox's own processes: nothing of the host's settings
/// (`subset=pid`), nothing of processes it may not trace (`hidepid`).
///
/// Linux before 5.8 lacks the options, and a container engine that masks parts
/// of /proc keeps the mount itself from us: /proc is an empty directory then.
pub(super) fn proc(target: &Path) {
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC | MountFlags::RDONLY;
    let options = c"subset=pid,hidepid=invisible";
    let _ = rustix::mount::mount(c"proc", target, c"proc", flags, options);
}

/// Takes a mount, and all below it, out of sight; what is bound elsewhere stays.
pub(super) fn detach(target: &Path) -> Result<(), Failure> {
    let step = || format!("detach {}", target.display());
    rustix::mount::unmount(target, UnmountFlags::DETACH).map_err(Failure::isolation(step()))?;
    fs::remove_dir(target).map_err(Failure::isolation(step()))
}

/// Makes the root itself read-only.
pub(super) fn seal_root() -> Result<(), Failure> {
    let attributes = NEITHER_SETUID_NOR_DEVICES | libc::MOUNT_ATTR_RDONLY;
    sys::restrict_mount(Path::new("/"), attributes, 0).map_err(Failure::isolation("seal /"))
}

/// An empty directory or file at `target` for `source` to be mounted on.
fn make_place(source: &Path, target: &Path) -> Result<(), Failure> {
    let step = || format!("show {} in the sandbox", target.display());
    let kind = rustix::fs::statat(CWD, source, rustix::fs::AtFlags::SYMLINK_NOFOLLOW)
        .map_err(Failure::prepare(step()))?;
    let is_directory = rustix::fs::FileType::from_raw_mode(kind.st_mode).is_dir();
    let directory = if is_directory { Some(target) } else { target.parent() };
    if let Some(directory) = directory {
        fs::create_dir_all(directory).map_err(Failure::prepare(step()))?;
    }
    if !is_directory {
        fs::write(target, b"").map_err(Failure::prepare(step()))?;
    }
    Ok(())
}
