//! Owns what a sandbox may use: the limits, their defaults and where each
//! number comes from.
//!
//! It does not know how a limit is enforced; `cgroup`, `child` and `watchdog` do.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An interpreter with a data set of the size an assistant pastes fits; a
/// two-core machine with 4 GiB carries eight of them.
pub const DEFAULT_MEMORY_BYTES: u64 = 256 * MEBIBYTE;
/// Node starts eleven threads by itself; a build script with a few parallel
/// jobs stays well below this.
pub const DEFAULT_PROCESSES: u32 = 64;
/// One whole core: a sandbox can slow down its neighbours, not stop them.
pub const DEFAULT_CPU_PERCENT: u32 = 100;
/// One core for the whole of [`DEFAULT_WALL_TIME`].
pub const DEFAULT_CPU_TIME: Duration = Duration::from_secs(30);
/// MCP clients give up on a call after 60 s; half of that leaves time to answer.
pub const DEFAULT_WALL_TIME: Duration = Duration::from_secs(30);
/// A quarter of the memory, since these pages are memory as well.
pub const DEFAULT_TMP_BYTES: u64 = 64 * MEBIBYTE;
/// An unpacked source package of a common size; an inode costs about 1 KiB.
pub const DEFAULT_TMP_INODES: u64 = 4096;
/// More than a model can read of one answer (about 250,000 tokens).
pub const DEFAULT_OUTPUT_BYTES: u64 = MEBIBYTE;
/// One file may fill /tmp and /work together.
pub const DEFAULT_FILE_BYTES: u64 = DEFAULT_TMP_BYTES;
/// Node needs about 30; a quarter of the usual soft limit of a login session.
pub const DEFAULT_OPEN_FILES: u64 = 256;

/// Below this not even a shell starts.
const MIN_MEMORY_BYTES: u64 = 16 * MEBIBYTE;
/// A day: what runs longer is a service, not a call.
const MAX_TIME: Duration = Duration::from_secs(24 * 60 * 60);

const MEBIBYTE: u64 = 1024 * 1024;

/// What one sandbox may use. Every field has a default; see the constants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Memory of the whole tree, in bytes, with /tmp and /work. The tree is killed above it.
    pub memory_bytes: u64,
    /// Processes and threads of the tree together. One more fails with EAGAIN.
    pub processes: u32,
    /// Share of the processor, in percent of one core. Needs a cgroup.
    pub cpu_percent: u32,
    /// Processor time of the tree. The tree is killed above it. One-shot only.
    #[serde(rename = "cpu_time_ms", with = "milliseconds")]
    pub cpu_time: Duration,
    /// Time from start to end. The tree is killed at its end. One-shot only.
    #[serde(rename = "wall_time_ms", with = "milliseconds")]
    pub wall_time: Duration,
    /// Bytes in /tmp, /work and /dev/shm together. One more fails with ENOSPC.
    pub tmp_bytes: u64,
    /// Files and directories in /tmp, /work and /dev/shm together.
    pub tmp_inodes: u64,
    /// Bytes read from each of stdout and stderr. The tree is killed above it. One-shot only.
    pub output_bytes: u64,
    /// Size of one file, in bytes. More is SIGXFSZ or EFBIG.
    pub file_bytes: u64,
    /// Open descriptors of one process. One more fails with EMFILE.
    pub open_files: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            memory_bytes: DEFAULT_MEMORY_BYTES,
            processes: DEFAULT_PROCESSES,
            cpu_percent: DEFAULT_CPU_PERCENT,
            cpu_time: DEFAULT_CPU_TIME,
            wall_time: DEFAULT_WALL_TIME,
            tmp_bytes: DEFAULT_TMP_BYTES,
            tmp_inodes: DEFAULT_TMP_INODES,
            output_bytes: DEFAULT_OUTPUT_BYTES,
            file_bytes: DEFAULT_FILE_BYTES,
            open_files: DEFAULT_OPEN_FILES,
        }
    }
}

impl Limits {
    /// Names the first limit that would mean "none" or could not work.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let time = |value: Duration| value >= Duration::from_millis(1) && value <= MAX_TIME;
        let checks = [
            (self.memory_bytes >= MIN_MEMORY_BYTES, "memory_bytes must be at least 16 MiB"),
            (self.processes >= 1, "processes must be at least 1"),
            (self.cpu_percent >= 1, "cpu_percent must be at least 1"),
            (time(self.cpu_time), "cpu_time must be between 1 ms and a day"),
            (time(self.wall_time), "wall_time must be between 1 ms and a day"),
            (self.tmp_bytes >= MEBIBYTE, "tmp_bytes must be at least 1 MiB"),
            // The three directories themselves and a first file.
            (self.tmp_inodes >= 16, "tmp_inodes must be at least 16"),
            (self.output_bytes >= 1, "output_bytes must be at least 1"),
            (self.file_bytes >= 1, "file_bytes must be at least 1"),
            // Three streams and what the loader opens.
            (self.open_files >= 16, "open_files must be at least 16"),
        ];
        checks.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, sentence)| Err(*sentence))
    }
}

/// A limit that ends a run when it is reached. The others (`processes`,
/// `tmp_bytes`, `open_files`…) only make the system call fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitName {
    /// [`Limits::memory_bytes`], in bytes.
    MemoryBytes,
    /// [`Limits::cpu_time`], in milliseconds.
    CpuTime,
    /// [`Limits::wall_time`], in milliseconds.
    WallTime,
    /// [`Limits::output_bytes`], in bytes.
    OutputBytes,
    /// [`Limits::file_bytes`], in bytes.
    FileBytes,
}

impl LimitName {
    /// The field's name in [`Limits`], for messages and records.
    pub fn as_str(self) -> &'static str {
        match self {
            LimitName::MemoryBytes => "memory_bytes",
            LimitName::CpuTime => "cpu_time",
            LimitName::WallTime => "wall_time",
            LimitName::OutputBytes => "output_bytes",
            LimitName::FileBytes => "file_bytes",
        }
    }

    /// What `limits` allows, in the unit of this limit.
    pub fn value(self, limits: &Limits) -> u64 {
        match self {
            LimitName::MemoryBytes => limits.memory_bytes,
            LimitName::CpuTime => whole_milliseconds(limits.cpu_time),
            LimitName::WallTime => whole_milliseconds(limits.wall_time),
            LimitName::OutputBytes => limits.output_bytes,
            LimitName::FileBytes => limits.file_bytes,
        }
    }
}

/// Milliseconds, cut off, never wrapping.
pub(crate) fn whole_milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

mod milliseconds {
    use super::{Duration, whole_milliseconds};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(whole_milliseconds(*time))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}
