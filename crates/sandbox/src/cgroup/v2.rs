//! Owns cgroup version 2: one hierarchy, for root or for whoever was delegated
//! a part of it.
//!
//! Unverified: written from the kernel's documentation; the machines at hand
//! have their controllers in version 1.

use std::fs;
use std::io;
use std::path::Path;

use super::owned::OwnedDirectory;
use super::{CPU_PERIOD_US, Files, Hierarchies, OWN_PROCESSES, VersionName};
use crate::limits::Limits;

/// Without these two the tree is not bounded.
const NEEDED: [&str; 2] = ["memory", "pids"];
const CPU: &str = "cpu";

/// A directory of our own with the controllers switched on for its groups.
pub(super) fn claim(hierarchies: &Hierarchies) -> Result<OwnedDirectory, String> {
    let Some(parent) = &hierarchies.v2 else {
        return Err("not mounted".to_owned());
    };
    let available = fs::read_to_string(parent.join("cgroup.controllers")).unwrap_or_default();
    let has = |name: &str| available.split_whitespace().any(|controller| controller == name);
    if let Some(missing) = NEEDED.into_iter().find(|name| !has(name)) {
        return Err(format!("no `{missing}` controller in {}", parent.display()));
    }
    let owned = OwnedDirectory::claim(parent)
        .map_err(|error| format!("{} is not delegated to us: {error}", parent.display()))?;
    switch_on(parent, has(CPU))?;
    switch_on(owned.path(), has(CPU))?;
    Ok(owned)
}

/// Gives `directory`'s groups the controllers. A group with processes cannot
/// (but for the root), so when they are only our own, they step into a leaf.
fn switch_on(directory: &Path, with_cpu: bool) -> Result<(), String> {
    let wanted = if with_cpu { "+memory +pids +cpu" } else { "+memory +pids" };
    let control = directory.join("cgroup.subtree_control");
    let said = |error: io::Error| format!("cannot switch on controllers in {}: {error}", directory.display());
    match fs::write(&control, wanted) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
            step_aside(directory)?;
            fs::write(&control, wanted).map_err(said)
        }
        Err(error) => Err(said(error)),
    }
}

fn step_aside(directory: &Path) -> Result<(), String> {
    let members = fs::read_to_string(directory.join("cgroup.procs")).unwrap_or_default();
    let own = std::process::id().to_string();
    if members.lines().any(|pid| pid != own) {
        return Err(format!("{} has other processes than this one", directory.display()));
    }
    let leaf = directory.join("secure-mcp-server");
    match fs::create_dir(&leaf) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(format!("cannot make {}: {error}", leaf.display()));
        }
        Ok(()) | Err(_) => {}
    }
    fs::write(leaf.join("cgroup.procs"), own)
        .map_err(|error| format!("cannot move to {}: {error}", leaf.display()))
}

pub(super) fn files(own: &Path, name: &str) -> Files {
    let group = own.join(name);
    Files {
        directories: vec![group.clone()],
        memory: group.clone(),
        cpu_usage: Some(group),
        version: VersionName::V2,
    }
}

pub(super) fn set_limits(group: &Path, limits: &Limits) -> io::Result<()> {
    let processes = u64::from(limits.processes).saturating_add(OWN_PROCESSES);
    let quota = u64::from(limits.cpu_percent).saturating_mul(CPU_PERIOD_US / 100);
    write(group, "memory.max", &limits.memory_bytes.to_string())?;
    write(group, "memory.oom.group", "1")?;
    write(group, "pids.max", &processes.to_string())?;
    optional(write(group, "memory.swap.max", "0"))?;
    optional(write(group, "cpu.max", &format!("{quota} {CPU_PERIOD_US}")))
}

/// A file that a kernel without swap or without the `cpu` controller lacks.
fn optional(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn write(group: &Path, file: &str, value: &str) -> io::Result<()> {
    fs::write(group.join(file), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What can be said without such a kernel: which files get which words.
    #[test]
    fn limits_are_written_in_the_words_of_version_2() {
        let group = tempfile::tempdir().unwrap();
        set_limits(group.path(), &Limits::default()).unwrap();
        let text = |file: &str| fs::read_to_string(group.path().join(file)).unwrap();
        assert_eq!(text("memory.max"), "268435456");
        assert_eq!(text("memory.swap.max"), "0");
        assert_eq!(text("memory.oom.group"), "1");
        assert_eq!(text("pids.max"), "66");
        assert_eq!(text("cpu.max"), "100000 100000");
    }

    #[test]
    fn hierarchy_without_memory_is_not_claimed() {
        let parent = tempfile::tempdir().unwrap();
        fs::write(parent.path().join("cgroup.controllers"), "hugetlb pids\n").unwrap();
        let hierarchies = Hierarchies { v2: Some(parent.path().to_owned()), ..Hierarchies::default() };
        let why = claim(&hierarchies).unwrap_err();
        assert!(why.starts_with("no `memory` controller"), "{why}");
    }
}
