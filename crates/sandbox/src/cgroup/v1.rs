//! Owns cgroup version 1: one hierarchy per controller, root only.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::owned::OwnedDirectory;
use super::{CPU_PERIOD_US, Files, Hierarchies, OWN_PROCESSES, VersionName};
use crate::limits::Limits;

/// Without these two the tree is not bounded.
const NEEDED: [&str; 2] = ["memory", "pids"];
/// With these its processor time is shared and counted. No freezer: PID 1 of
/// the sandbox takes every process with it, so none can fork its way out.
const WELCOME: [&str; 2] = ["cpu", "cpuacct"];

/// Our own directory per controller. Controllers that are mounted together
/// share one.
#[derive(Debug)]
pub(super) struct Controllers {
    directories: Vec<OwnedDirectory>,
    /// Controller to index in `directories`.
    places: BTreeMap<&'static str, PathBuf>,
}

impl Controllers {
    pub(super) fn claim(hierarchies: &Hierarchies) -> Result<Self, String> {
        let mut claimed = Controllers { directories: Vec::new(), places: BTreeMap::new() };
        let mut by_parent: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
        for controller in NEEDED.into_iter().chain(WELCOME) {
            let needed = NEEDED.contains(&controller);
            let Some(parent) = hierarchies.v1.get(controller) else {
                if needed {
                    return Err(format!("no `{controller}` controller"));
                }
                continue;
            };
            if let Some(path) = by_parent.get(parent) {
                claimed.places.insert(controller, path.clone());
                continue;
            }
            match OwnedDirectory::claim(parent) {
                Ok(owned) => {
                    by_parent.insert(parent.clone(), owned.path().to_owned());
                    claimed.places.insert(controller, owned.path().to_owned());
                    claimed.directories.push(owned);
                }
                Err(error) if needed => {
                    return Err(format!("cannot make a group in {}: {error}", parent.display()));
                }
                Err(_) => {}
            }
        }
        Ok(claimed)
    }

    pub(super) fn files(&self, name: &str) -> Files {
        let place = |controller| self.places.get(controller).map(|path| path.join(name));
        Files {
            directories: self.directories.iter().map(|own| own.path().join(name)).collect(),
            memory: place("memory").unwrap_or_default(),
            cpu_usage: place("cpuacct"),
            version: VersionName::V1,
        }
    }

    pub(super) fn set_limits(&self, name: &str, limits: &Limits) -> io::Result<()> {
        for (controller, own) in &self.places {
            let group = own.join(name);
            match *controller {
                "memory" => set_memory(&group, limits)?,
                "pids" => {
                    let most = u64::from(limits.processes).saturating_add(OWN_PROCESSES);
                    write(&group, "pids.max", most)?;
                }
                "cpu" => {
                    let quota = u64::from(limits.cpu_percent).saturating_mul(CPU_PERIOD_US / 100);
                    write(&group, "cpu.cfs_period_us", CPU_PERIOD_US)?;
                    write(&group, "cpu.cfs_quota_us", quota)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn set_memory(group: &Path, limits: &Limits) -> io::Result<()> {
    write(group, "memory.limit_in_bytes", limits.memory_bytes)?;
    // Memory and swap together, so no swap; the file exists only where swap
    // is counted, and without it the group's own pages are not swapped.
    match write(group, "memory.memsw.limit_in_bytes", limits.memory_bytes) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => write(group, "memory.swappiness", 0),
        other => other,
    }
}

fn write(group: &Path, file: &str, value: u64) -> io::Result<()> {
    fs::write(group.join(file), value.to_string())
}
