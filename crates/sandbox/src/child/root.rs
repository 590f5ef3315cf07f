//! Owns what a sandbox's file system looks like and how it replaces the host's.
//!
//! Every host path is resolved to its real one before the switch, then reached
//! through [`HOST`], so that no symbolic link is followed twice.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use rustix::mount::MountPropagationFlags;

use super::failure::Failure;
use super::identity::INSIDE_ID;
use super::mounts;
use crate::spec::{Access, WORK_DIRECTORY, check_shareable};
use crate::wire::Order;

/// Where the new root is assembled: a directory that every Linux has.
const BASE: &str = "/tmp";
/// Where the host's root is while the new one is filled.
const HOST: &str = "/.host";
/// The one file system behind /tmp, /work and /dev/shm: they share its caps.
/// Mounted over a directory of the old root, it leaves our sight together with
/// it; each detaching of its own costs a wait for all processors.
const SCRATCH: &str = "/.host/tmp";
/// The root holds mount points, five device files and a few lines of text.
const ROOT_BYTES: u64 = 1024 * 1024;
/// As `ROOT_BYTES`, with room for the operator's directories.
const ROOT_INODES: u64 = 1024;
/// The scratch directories themselves, which are not the program's.
const SCRATCH_INODES: u64 = 4;

const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];
/// What the dynamic loader and Debian's command names need of /etc.
pub(super) const ETC: [&str; 2] = ["/etc/ld.so.cache", "/etc/alternatives"];

/// A host path and its place inside.
struct Binding {
    real: PathBuf,
    inside: PathBuf,
    writable: bool,
}

/// Replaces the file system of this mount namespace by the ordered one.
pub(super) fn build(order: &Order, files: File) -> Result<(), Failure> {
    let bindings = resolve(order)?;
    let links = links(order);
    rustix::process::umask(rustix::fs::Mode::WGRP | rustix::fs::Mode::WOTH);
    enter_new_root()?;
    for binding in &bindings {
        mounts::bind(&in_host(&binding.real), &binding.inside, binding.writable)?;
    }
    for (inside, target) in &links {
        symlink(target, inside).map_err(Failure::prepare(format!("link {}", inside.display())))?;
    }
    make_etc()?;
    make_dev()?;
    make_directory("/proc", 0o555)?;
    mounts::proc(Path::new("/proc"));
    make_scratch(order)?;
    place_files(order, files, Path::new(WORK_DIRECTORY))?;
    mounts::detach(Path::new(HOST))?;
    mounts::seal_root()?;
    std::env::set_current_dir(WORK_DIRECTORY).map_err(Failure::isolation("enter /work"))
}

/// The real host path behind everything that is shown, the operator's last.
fn resolve(order: &Order) -> Result<Vec<Binding>, Failure> {
    let mut bindings = Vec::new();
    for directory in &order.runtime_directories {
        if directory.exists() && !directory.is_symlink() {
            bindings.push(Binding { real: real(directory)?, inside: directory.clone(), writable: false });
        }
    }
    for name in ETC {
        if let Ok(real) = fs::canonicalize(name) {
            bindings.push(Binding { real, inside: PathBuf::from(name), writable: false });
        }
    }
    for shared in &order.directories {
        bindings.push(Binding {
            real: real(&shared.host)?,
            inside: shared.inside.clone(),
            writable: shared.access == Access::ReadWrite,
        });
    }
    Ok(bindings)
}

/// Runtime directories that are links on the host (`/bin`) are links inside,
/// and lead nowhere unless their target is shown as well.
fn links(order: &Order) -> Vec<(PathBuf, PathBuf)> {
    let link = |path: &PathBuf| Some((path.clone(), fs::read_link(path).ok()?));
    order.runtime_directories.iter().filter_map(link).collect()
}

fn real(path: &Path) -> Result<PathBuf, Failure> {
    let step = || format!("show {} in the sandbox", path.display());
    let real = fs::canonicalize(path).map_err(Failure::prepare(step()))?;
    check_shareable(&real).map_err(io::Error::other).map_err(Failure::prepare(step()))?;
    Ok(real)
}

fn in_host(real: &Path) -> PathBuf {
    Path::new(HOST).join(real.strip_prefix("/").unwrap_or(real))
}

fn enter_new_root() -> Result<(), Failure> {
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", private).map_err(Failure::isolation("make mounts private"))?;
    let base = Path::new(BASE);
    mounts::tmpfs(base, ROOT_BYTES, ROOT_INODES, 0o755)?;
    let host = base.join(HOST.trim_start_matches('/'));
    fs::create_dir(&host).map_err(Failure::isolation("make a place for the old root"))?;
    rustix::process::pivot_root(base, &host).map_err(Failure::isolation("pivot_root"))?;
    std::env::set_current_dir("/").map_err(Failure::isolation("enter the new root"))
}

fn make_etc() -> Result<(), Failure> {
    let id = INSIDE_ID;
    make_directory("/etc", 0o755)?;
    let files = [
        ("/etc/passwd", format!("sandbox:x:{id}:{id}::{WORK_DIRECTORY}:/bin/sh\n")),
        ("/etc/group", format!("sandbox:x:{id}:\n")),
        ("/etc/hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n".to_owned()),
        ("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n".to_owned()),
    ];
    for (name, text) in files {
        fs::write(name, text).map_err(Failure::isolation(format!("write {name}")))?;
    }
    Ok(())
}

fn make_dev() -> Result<(), Failure> {
    make_directory("/dev", 0o755)?;
    for device in DEVICES {
        let path = Path::new("/dev").join(device);
        mounts::bind_device(&in_host(&path), &path)?;
    }
    let links = [("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")];
    for (name, end) in links {
        symlink(format!("/proc/self/fd{end}"), format!("/dev/{name}"))
            .map_err(Failure::isolation(format!("link /dev/{name}")))?;
    }
    Ok(())
}

/// /tmp, /work and /dev/shm: one budget of bytes and inodes for all three.
fn make_scratch(order: &Order) -> Result<(), Failure> {
    let scratch = Path::new(SCRATCH);
    let inodes = order.limits.tmp_inodes.saturating_add(SCRATCH_INODES);
    mounts::tmpfs(scratch, order.limits.tmp_bytes, inodes, 0o700)?;
    for (name, inside, mode) in
        [("tmp", "/tmp", 0o1777), ("work", WORK_DIRECTORY, 0o755), ("shm", "/dev/shm", 0o1777)]
    {
        let source = scratch.join(name);
        make_directory(&source, mode)?;
        mounts::bind(&source, Path::new(inside), true)?;
    }
    Ok(())
}

/// Writes the order's files into `directory`; names were checked before the order was written,
/// and are refused here once more by creating them anew in an empty directory.
pub(super) fn place_files(order: &Order, files: File, directory: &Path) -> Result<(), Failure> {
    for (name, size) in &order.files {
        let step = || format!("place file `{}`", name.escape_default());
        let path = directory.join(name);
        if path.parent() != Some(directory) {
            let elsewhere = io::Error::from(io::ErrorKind::InvalidFilename);
            return Err(Failure::prepare(step())(elsewhere));
        }
        let mut file = File::create_new(&path).map_err(Failure::prepare(step()))?;
        let copied = io::copy(&mut (&files).take(*size), &mut file).map_err(Failure::prepare(step()))?;
        if copied != *size {
            let short = io::Error::from(io::ErrorKind::UnexpectedEof);
            return Err(Failure::prepare(step())(short));
        }
    }
    Ok(())
}

/// A directory with exactly this mode, whatever the umask.
fn make_directory(path: impl AsRef<Path>, mode: u32) -> Result<(), Failure> {
    let path = path.as_ref();
    let step = || format!("make {}", path.display());
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(Failure::isolation(step()))?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(Failure::isolation(step()))
}
