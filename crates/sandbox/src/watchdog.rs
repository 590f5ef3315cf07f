//! Owns the look at a running tree every 50 ms: its processor time always, its
//! memory where no cgroup holds it.
//!
//! It reads the host's /proc from outside and ends nothing itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::process::Pid;
use tokio::time::MissedTickBehavior;

use crate::limits::{LimitName, Limits, whole_milliseconds};
use crate::tree::Tree;

/// Short against a person's patience, long against the cost of a look (0.1 ms).
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// More processes than any sandbox may have; a bound for the walk itself.
const MAX_PROCESSES: usize = 65_536;

/// What the looks have seen so far.
#[derive(Debug, Default)]
pub(crate) struct Watchdog {
    peak_memory_bytes: AtomicU64,
    cpu_ms: AtomicU64,
}

/// Which limits one watch is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watched {
    pub(crate) cpu_time: bool,
}

impl Watchdog {
    /// The largest sum of memory seen, in bytes; 0 where a cgroup counts.
    pub(crate) fn peak_memory_bytes(&self) -> u64 {
        self.peak_memory_bytes.load(Ordering::Relaxed)
    }

    /// The processor time seen so far: what the kernel adds up for a killed
    /// tree lacks the processes that nobody waited for.
    pub(crate) fn cpu_time(&self) -> Duration {
        Duration::from_millis(self.cpu_ms.load(Ordering::Relaxed))
    }

    /// Returns the first limit that the tree exceeds; never, if there is none.
    pub(crate) async fn exceeded(&self, tree: &Tree, limits: &Limits, watched: Watched) -> LimitName {
        let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + LOOK_EVERY, LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Some(limit) = self.look(tree, limits, watched) {
                return limit;
            }
        }
    }

    fn look(&self, tree: &Tree, limits: &Limits, watched: Watched) -> Option<LimitName> {
        let cpu_time = match tree.cgroup() {
            Some(cgroup) => {
                if cgroup.ran_out_of_memory() {
                    return Some(LimitName::MemoryBytes);
                }
                cgroup.cpu_time().unwrap_or_default()
            }
            None => {
                let members = members(tree.launcher_pid()?);
                if self.memory_exceeds(&members, limits.memory_bytes) {
                    return Some(LimitName::MemoryBytes);
                }
                members.iter().filter_map(|pid| cpu_time(*pid)).sum()
            }
        };
        self.cpu_ms.fetch_max(whole_milliseconds(cpu_time), Ordering::Relaxed);
        (watched.cpu_time && cpu_time > limits.cpu_time).then_some(LimitName::CpuTime)
    }

    /// Resident pages first, which are cheap to read but count a shared page
    /// once per process; only if they are too many, each page by its share.
    fn memory_exceeds(&self, members: &BTreeSet<i32>, limit: u64) -> bool {
        let mut sum: u64 = members.iter().filter_map(|pid| resident_bytes(*pid)).sum();
        if sum > limit {
            let share = |pid: &i32| proportional_bytes(*pid).or_else(|| resident_bytes(*pid));
            sum = members.iter().filter_map(share).sum();
        }
        self.peak_memory_bytes.fetch_max(sum, Ordering::Relaxed);
        sum > limit
    }
}

/// Every process below the launcher: orphans of the sandbox become children of
/// its PID 1, so none can leave.
fn members(launcher: Pid) -> BTreeSet<i32> {
    let mut found = BTreeSet::new();
    let mut queue = vec![launcher.as_raw_pid()];
    while let Some(parent) = queue.pop() {
        for child in children(parent) {
            if found.len() < MAX_PROCESSES && found.insert(child) {
                queue.push(child);
            }
        }
    }
    found
}

/// The children of every thread of `parent`.
fn children(parent: i32) -> Vec<i32> {
    let threads = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let list = |thread: fs::DirEntry| fs::read_to_string(thread.path().join("children")).ok();
    let lists: Vec<String> = threads.filter_map(list).collect();
    lists.iter().flat_map(|list| list.split_whitespace()).filter_map(|pid| pid.parse().ok()).collect()
}

fn resident_bytes(pid: i32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    let page = u64::try_from(rustix::param::page_size()).ok()?;
    pages.checked_mul(page)
}

fn proportional_bytes(pid: i32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// Own time and that of children it has waited for.
fn cpu_time(pid: i32) -> Option<Duration> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the name, which may hold spaces and parentheses.
    let (_, fields) = text.rsplit_once(") ")?;
    let ticks: u64 = fields.split(' ').skip(11).take(4).filter_map(|field| field.parse::<u64>().ok()).sum();
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Some(Duration::from_millis(ticks.saturating_mul(1000) / per_second))
}

/// Why the watchdog would be blind here, if it would be. Only asked where no
/// cgroup holds the memory.
pub(crate) fn blindness() -> Option<&'static str> {
    if !Path::new("/proc/thread-self/children").exists() {
        return Some("this kernel does not list a process's children");
    }
    // The launcher hides itself from others of its user, and with this option
    // from us as well, unless we are root.
    if !rustix::process::geteuid().is_root() && proc_hides_processes() {
        return Some("/proc is mounted with hidepid");
    }
    None
}

fn proc_hides_processes() -> bool {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let hides = |option: &str| option.strip_prefix("hidepid=").is_some_and(|how| how != "0" && how != "off");
    let is_proc = |line: &&str| line.split(' ').nth(4) == Some("/proc");
    mounts.lines().filter(is_proc).any(|line| line.split([' ', ',']).any(hides))
}
