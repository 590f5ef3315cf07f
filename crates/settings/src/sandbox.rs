//! `[sandbox]`: how foreign code is isolated and what it may use. A limit left out is the engine's own.

use crate::error::Fault;
use crate::raw::{RawSandbox, RawSandboxLimits};
use std::time::Duration;

/// Below this are the accounts of the system and of people (`login.defs`, `UID_MAX`).
const MIN_SANDBOX_UID: u32 = 65_536;
const MIB: u64 = 1024 * 1024;

/// The isolation engine and its limits.
#[derive(Clone, Debug, Default)]
pub struct Sandbox {
    /// Which engine.
    pub backend: Backend,
    /// Host users for the sandboxes of a server that runs as root.
    pub uid_range: Option<UidRange>,
    /// What one sandbox may use.
    pub limits: SandboxLimits,
}

/// Isolation engines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// Namespaces, seccomp and landlock of the host's kernel.
    #[default]
    Native,
}

/// A range of host users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UidRange {
    /// The first.
    pub first: u32,
    /// How many.
    pub count: u32,
}

/// What one sandbox may use; `None` leaves the engine's default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names and the table of keys say it")]
pub struct SandboxLimits {
    pub memory_bytes: Option<u64>,
    pub processes: Option<u32>,
    pub cpu_percent: Option<u32>,
    pub cpu_time: Option<Duration>,
    pub wall_time: Option<Duration>,
    pub tmp_bytes: Option<u64>,
    pub tmp_inodes: Option<u64>,
    pub output_bytes: Option<u64>,
    pub file_bytes: Option<u64>,
    pub open_files: Option<u64>,
}

impl Sandbox {
    pub(crate) fn check(raw: RawSandbox) -> Result<Self, Fault> {
        Ok(Self {
            backend: Backend::parse(raw.backend.as_deref())?,
            uid_range: raw.uid_range.map(|text| UidRange::parse(&text)).transpose()?,
            limits: raw.limits.map(SandboxLimits::from).unwrap_or_default(),
        })
    }
}

impl Backend {
    fn parse(word: Option<&str>) -> Result<Self, Fault> {
        match word {
            None | Some("native") => Ok(Self::Native),
            Some(_) => Err(Fault::new("sandbox.backend", "is not an isolation engine", "write native")),
        }
    }
}

impl UidRange {
    fn parse(text: &str) -> Result<Self, Fault> {
        let wrong = || {
            let advice =
                format!("write FIRST-LAST with FIRST at least {MIN_SANDBOX_UID}, such as 400000-400255");
            Fault::new("sandbox.uid_range", format!("is `{}`", text.escape_debug()), advice)
        };
        let (first, last) = text.split_once('-').ok_or_else(wrong)?;
        let first: u32 = first.trim().parse().map_err(|_| wrong())?;
        let last: u32 = last.trim().parse().map_err(|_| wrong())?;
        // The highest number is the kernel's word for "no change".
        let count = last.checked_sub(first).and_then(|more| more.checked_add(1)).ok_or_else(wrong)?;
        if first < MIN_SANDBOX_UID || last == u32::MAX { Err(wrong()) } else { Ok(Self { first, count }) }
    }
}

impl From<RawSandboxLimits> for SandboxLimits {
    fn from(raw: RawSandboxLimits) -> Self {
        Self {
            memory_bytes: raw.memory_mib.map(|mib| mib * MIB),
            processes: raw.processes,
            cpu_percent: raw.cpu_percent,
            cpu_time: raw.cpu_time_ms.map(Duration::from_millis),
            wall_time: raw.wall_time_ms.map(Duration::from_millis),
            tmp_bytes: raw.tmp_mib.map(|mib| mib * MIB),
            tmp_inodes: raw.tmp_inodes,
            output_bytes: raw.output_kib.map(|kib| kib * 1024),
            file_bytes: raw.file_mib.map(|mib| mib * MIB),
            open_files: raw.open_files,
        }
    }
}
