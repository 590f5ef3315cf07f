//! Owns what server and launcher say to each other: one order, then reports.
//!
//! The order is a memory file: length, JSON, then the bytes of the files. The
//! reports are lines of JSON on the control socket. Both ends are this binary,
//! so there is no version; what the sandboxed program writes never gets here.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::confinement::Confinement;
use crate::limits::Limits;
use crate::spec::{SandboxSpec, SharedDirectory};

/// Everything that the launcher needs to know, apart from the files' bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    /// How the program is kept from the host.
    pub(crate) confinement: Confinement,
    /// The process that must still be the parent, or there is nobody to run for.
    pub(crate) server_pid: i32,
    /// The host uid (and gid) to become; absent for a server that is not root.
    pub(crate) host_uid: Option<u32>,
    /// The files to write `0` to, to be counted in the sandbox's cgroup.
    pub(crate) cgroup_files: Vec<PathBuf>,
    /// Whether a cgroup holds the limits; if not, per-process limits must do.
    pub(crate) limits_enforced: bool,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) runtime_directories: Vec<PathBuf>,
    pub(crate) directories: Vec<SharedDirectory>,
    pub(crate) limits: Limits,
    /// Whether `limits.cpu_time` applies.
    pub(crate) cpu_time_applies: bool,
    /// Name and size of each file, in the order of their bytes.
    pub(crate) files: Vec<(String, u64)>,
}

/// A line on the control socket, launcher to server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Report {
    /// A step before the program's first instruction failed.
    Failed { kind: FailureKind, step: String, errno: i32 },
    /// The program ended with this wait status.
    Exited { status: i32 },
    /// The tree is gone: PID 1's own wait status and what the tree used.
    Gone { init_status: i32, cpu_ms: u64, peak_memory_bytes: u64 },
}

/// Which error of the caller a failed step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FailureKind {
    /// The host cannot isolate.
    Isolation,
    /// The order names something that is not there or does not fit.
    Prepare,
    /// The program cannot be executed.
    Program,
}

/// The largest line on the control socket: a step with a path in it.
pub(crate) const MAX_REPORT_BYTES: usize = 16 * 1024;

impl Report {
    /// The report as a line.
    pub(crate) fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }
}

/// Writes an order, and the files of `spec`, into a memory file at its start.
pub(crate) fn write_order(order: &Order, spec: &SandboxSpec) -> io::Result<OwnedFd> {
    let fd = rustix::fs::memfd_create("sandbox-order", rustix::fs::MemfdFlags::CLOEXEC)?;
    let mut file = File::from(fd);
    let json = serde_json::to_vec(order).map_err(io::Error::other)?;
    let length = u32::try_from(json.len()).map_err(io::Error::other)?;
    file.write_all(&length.to_le_bytes())?;
    file.write_all(&json)?;
    for content in spec.files.values() {
        file.write_all(content)?;
    }
    file.rewind()?;
    Ok(OwnedFd::from(file))
}

/// Reads an order; what is left to read from the file is the files' bytes.
pub(crate) fn read_order(fd: OwnedFd) -> io::Result<(Order, File)> {
    let mut file = File::from(fd);
    let mut length = [0u8; 4];
    file.read_exact(&mut length)?;
    let mut json = Vec::new();
    (&mut file).take(u64::from(u32::from_le_bytes(length))).read_to_end(&mut json)?;
    let order = serde_json::from_slice(&json).map_err(io::Error::other)?;
    Ok((order, file))
}
