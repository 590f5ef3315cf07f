//! Owns the kernel's resource groups: finds out which kind this process may
//! make, makes one per sandbox, reads what it used, removes it.
//!
//! Each server has one directory of its own per hierarchy, locked as long as it
//! lives; the sandboxes' groups are inside. What a dead server left behind is
//! known by its lock being free, and is swept by the next one.

mod detect;
mod owned;
mod v1;
mod v2;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use crate::limits::Limits;
use owned::OwnedDirectory;

pub(crate) use detect::{Hierarchies, read_hierarchies};

/// The processes beside the program that are in its group: launcher and PID 1.
const OWN_PROCESSES: u64 = 2;
/// The time in which `cpu_percent` is counted, in microseconds: the kernel's default.
const CPU_PERIOD_US: u64 = 100_000;
/// A killed process leaves its group within a few milliseconds; one that is in
/// the middle of a write to a disk may take longer.
const REMOVE_WITHIN: Duration = Duration::from_secs(2);

/// The place where this server makes its groups.
#[derive(Debug)]
pub(crate) struct Cgroups {
    version: Version,
    counter: AtomicU64,
}

#[derive(Debug)]
enum Version {
    /// One hierarchy per controller.
    V1(v1::Controllers),
    /// One hierarchy. Unverified: no machine with v2 controllers was at hand.
    V2(OwnedDirectory),
}

/// The group of one sandbox. Dropping it kills what is in it and removes it.
#[derive(Debug)]
pub(crate) struct Cgroup {
    files: Files,
}

/// Where a group's directories are, by what is asked of them.
#[derive(Debug, Clone)]
struct Files {
    /// All directories of the group, to join and to remove.
    directories: Vec<PathBuf>,
    memory: PathBuf,
    cpu_usage: Option<PathBuf>,
    version: VersionName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum VersionName {
    V1,
    V2,
}

impl Cgroups {
    /// Takes a place of our own, v1 first because a hybrid host has its
    /// controllers there; or says why there is none.
    pub(crate) fn claim() -> Result<Cgroups, String> {
        let hierarchies = read_hierarchies().map_err(|error| format!("no cgroup files: {error}"))?;
        let version = match v1::Controllers::claim(&hierarchies) {
            Ok(controllers) => Version::V1(controllers),
            Err(why_not_v1) => match v2::claim(&hierarchies) {
                Ok(directory) => Version::V2(directory),
                Err(why_not_v2) => return Err(format!("v1: {why_not_v1}; v2: {why_not_v2}")),
            },
        };
        Ok(Cgroups { version, counter: AtomicU64::new(0) })
    }

    pub(crate) fn is_v1(&self) -> bool {
        matches!(self.version, Version::V1(_))
    }

    /// A new, empty group that holds `limits`.
    pub(crate) fn create(&self, limits: &Limits) -> io::Result<Cgroup> {
        let name = self.counter.fetch_add(1, Ordering::Relaxed).to_string();
        let files = match &self.version {
            Version::V1(controllers) => controllers.files(&name),
            Version::V2(own) => v2::files(own.path(), &name),
        };
        let cgroup = Cgroup { files };
        for directory in &cgroup.files.directories {
            fs::create_dir(directory)?;
        }
        match &self.version {
            Version::V1(controllers) => controllers.set_limits(&name, limits)?,
            Version::V2(_) => v2::set_limits(&cgroup.files.memory, limits)?,
        }
        Ok(cgroup)
    }
}

impl Cgroup {
    /// The files into which a process of one thread writes `0` to join.
    pub(crate) fn join_files(&self) -> Vec<PathBuf> {
        let file = match self.files.version {
            // For the writer's own thread alone, v1 takes no lock that waits
            // for every processor; `cgroup.procs` does, once per hierarchy.
            VersionName::V1 => "tasks",
            VersionName::V2 => "cgroup.procs",
        };
        self.files.directories.iter().map(|directory| directory.join(file)).collect()
    }

    /// Whether the kernel killed something in here for want of memory.
    pub(crate) fn ran_out_of_memory(&self) -> bool {
        let file = match self.files.version {
            VersionName::V1 => "memory.oom_control",
            VersionName::V2 => "memory.events",
        };
        read_field(&self.files.memory.join(file), "oom_kill").unwrap_or(0) > 0
    }

    /// Largest memory so far, in bytes, if the kernel counts it.
    pub(crate) fn peak_memory_bytes(&self) -> Option<u64> {
        let file = match self.files.version {
            VersionName::V1 => "memory.max_usage_in_bytes",
            VersionName::V2 => "memory.peak",
        };
        read_number(&self.files.memory.join(file))
    }

    /// Processor time so far, if the kernel counts it.
    pub(crate) fn cpu_time(&self) -> Option<Duration> {
        let directory = self.files.cpu_usage.as_ref()?;
        match self.files.version {
            VersionName::V1 => read_number(&directory.join("cpuacct.usage")).map(Duration::from_nanos),
            VersionName::V2 => {
                read_field(&directory.join("cpu.stat"), "usage_usec").map(Duration::from_micros)
            }
        }
    }

    /// Kills all that is in here.
    pub(crate) fn kill(&self) {
        self.files.kill();
    }

    /// Removes the group once it is empty; an error while something still dies.
    pub(crate) fn try_remove(&mut self) -> io::Result<()> {
        self.files.try_remove()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // What cannot be removed now is swept by the next server.
        let _ = self.files.kill_and_remove();
    }
}

impl Files {
    fn kill(&self) {
        if self.version == VersionName::V2 && fs::write(self.memory.join("cgroup.kill"), "1").is_ok() {
            return;
        }
        for directory in &self.directories {
            kill_members(directory);
        }
    }

    fn try_remove(&mut self) -> io::Result<()> {
        while let Some(directory) = self.directories.last() {
            match fs::remove_dir(directory) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => self.directories.pop(),
            };
        }
        Ok(())
    }

    fn kill_and_remove(&mut self) -> io::Result<()> {
        let deadline = Instant::now() + REMOVE_WITHIN;
        loop {
            match self.try_remove() {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => self.kill(),
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Sends SIGKILL to every process of one group. PID 1 of a sandbox is among
/// them, and takes with it what was forked in the meantime.
fn kill_members(directory: &Path) {
    let members = fs::read_to_string(directory.join("cgroup.procs")).unwrap_or_default();
    for pid in members.lines().filter_map(|line| line.parse().ok()).filter_map(Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, Signal::KILL);
    }
}

fn read_number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// The number behind `key` in a file of "key number" lines.
fn read_field(file: &Path, key: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let mut pairs = text.lines().filter_map(|line| line.split_once(' '));
    pairs.find(|(name, _)| *name == key)?.1.trim().parse().ok()
}
