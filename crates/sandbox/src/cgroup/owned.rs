//! Owns a server's own directory in one hierarchy: made, locked, and removed;
//! and the sweep of directories whose server is dead.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::FlockOperation;

use super::{Files, VersionName};

/// What the name of every directory that this crate makes begins with.
const PREFIX: &str = "secure-mcp-sandbox-";
/// How often a place is tried before it is given up; another server that
/// sweeps between our `mkdir` and our lock costs one try.
const TRIES: u32 = 8;

/// A directory that is this server's alone while it lives.
#[derive(Debug)]
pub(super) struct OwnedDirectory {
    path: PathBuf,
    /// Holds the lock; the kernel releases it even if we are killed.
    _lock: File,
}

impl OwnedDirectory {
    /// Makes and locks a directory in `parent`, after sweeping it.
    pub(super) fn claim(parent: &Path) -> io::Result<Self> {
        sweep(parent);
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for _ in 0..TRIES {
            match Self::try_claim(parent) {
                Ok(owned) => return Ok(owned),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn try_claim(parent: &Path) -> io::Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = format!("{PREFIX}{}-{}", std::process::id(), now.as_nanos());
        let path = parent.join(name);
        fs::create_dir(&path)?;
        let lock = File::open(&path)?;
        rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        // Was it swept before it was locked? Then the name leads elsewhere or nowhere.
        if fs::metadata(&path)?.ino() != lock.metadata()?.ino() {
            return Err(io::Error::from(io::ErrorKind::NotFound));
        }
        Ok(OwnedDirectory { path, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for OwnedDirectory {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.path);
    }
}

/// Kills and removes what dead servers left in `parent`.
fn sweep(parent: &Path) {
    for path in directories(parent) {
        let is_ours =
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(PREFIX));
        if is_ours && owner_is_dead(&path) {
            for group in directories(&path) {
                remove_group(group);
            }
            let _ = fs::remove_dir(&path);
        }
    }
}

fn owner_is_dead(path: &Path) -> bool {
    File::open(path).is_ok_and(|directory| {
        rustix::fs::flock(&directory, FlockOperation::NonBlockingLockExclusive).is_ok()
    })
}

fn remove_group(group: PathBuf) {
    let memory = group.clone();
    let directories = vec![group];
    // v1 has no `cgroup.kill`; trying it there falls back to killing one by one.
    let version = VersionName::V2;
    let _ = Files { directories, memory, cpu_usage: None, version }.kill_and_remove();
}

fn directories(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}
