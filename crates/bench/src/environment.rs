//! Where and when a run took place.

use crate::machine;
use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use std::path::Path;

/// The machine and the run.
#[derive(Clone, Debug, Serialize)]
pub struct Environment {
    /// Start of the run.
    pub at: String,
    /// Processors and their name.
    pub processor: String,
    /// Memory. MiB.
    pub memory_mib: u64,
    /// The kernel's release.
    pub kernel: String,
    /// The cargo profile of this program; the product is built in the same unless it was named.
    pub profile: String,
    /// The program that was measured.
    pub binary: String,
    /// The folder of the log, and its file system.
    pub disk: String,
    /// The folder of the log in memory, and its file system.
    pub memory: String,
    /// The machine's load average at the start.
    pub load_average: String,
    /// Files that a process may open.
    pub open_files: u64,
}

impl Environment {
    /// Looks around. Refuses a disk that is none.
    pub fn look(binary: &Path, disk: &Path, memory: &Path) -> Result<Self> {
        let open_files = machine::lift_open_files()?;
        let (disk_kind, memory_kind) = (file_system(disk)?, file_system(memory)?);
        ensure!(disk_kind != "tmpfs", "{} is in memory: name a folder on a disk with --disk", disk.display());
        ensure!(
            memory_kind == "tmpfs",
            "{} is on a disk ({memory_kind}): name a folder in memory with --memory",
            memory.display()
        );
        let own = std::env::current_exe()?;
        let profile =
            own.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self {
            at: jiff::Timestamp::now().round(jiff::Unit::Second)?.to_string(),
            processor: format!("{} × {}", machine::processors(), machine::processor_name()),
            memory_mib: machine::memory_mib(),
            kernel: machine::kernel(),
            profile,
            binary: binary.display().to_string(),
            disk: format!("{} ({disk_kind})", disk.display()),
            memory: format!("{} ({memory_kind})", memory.display()),
            load_average: machine::load_average(),
            open_files,
        })
    }
}

/// The kind of the file system that a folder is on.
fn file_system(folder: &Path) -> Result<String> {
    let folder = folder.canonicalize().with_context(|| format!("no folder {}", folder.display()))?;
    let mounts = std::fs::read_to_string("/proc/self/mountinfo")?;
    // id parent device root mount-point options… - kind source options
    let of_line = |line: &str| {
        let (left, right) = line.split_once(" - ")?;
        let point = left.split(' ').nth(4)?.to_owned();
        Some((point, right.split(' ').next()?.to_owned()))
    };
    let over = mounts.lines().filter_map(of_line).filter(|(point, _)| folder.starts_with(point));
    // Of two mounts on the same place the later one is seen.
    let nearest = over.enumerate().max_by_key(|(at, (point, _))| (point.len(), *at));
    nearest.map(|(_, (_, kind))| kind).with_context(|| format!("{} is on no mount", folder.display()))
}
