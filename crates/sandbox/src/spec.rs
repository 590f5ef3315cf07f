//! Owns the order for one sandbox: which program, with which files, directories
//! and limits, and the checks that an order passes before anything is started.
//!
//! It must not know who asks or why; nothing here touches the host.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::SandboxError;
use crate::limits::Limits;

/// Host directories that hold interpreters and their libraries; read-only inside.
pub const DEFAULT_RUNTIME_DIRECTORIES: [&str; 5] = ["/usr", "/bin", "/sbin", "/lib", "/lib64"];

/// The working directory inside, where [`SandboxSpec::files`] appear.
pub const WORK_DIRECTORY: &str = "/work";

/// Longest name of a file in [`SandboxSpec::files`], in bytes: what Linux allows.
const MAX_FILE_NAME_BYTES: usize = 255;
/// Arguments and environment together, in bytes; the kernel takes 2 MiB at most.
const MAX_ARGUMENT_BYTES: usize = 1024 * 1024;
/// Directories of the operator for one sandbox; each costs two mounts.
const MAX_DIRECTORIES: usize = 32;
/// What stdin may hold: as much as /tmp and /work by default.
const MAX_STDIN_BYTES: usize = 64 * 1024 * 1024;

/// Directories of the sandbox that nothing of the host may cover.
const RESERVED: [&str; 13] = [
    "/.host",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/sbin",
    "/sys",
    "/tmp",
    "/usr",
    WORK_DIRECTORY,
];
/// Directories of the host that never enter a sandbox.
const NEVER_SHARED: [&str; 4] = ["/proc", "/sys", "/dev", "/boot"];

/// One sandbox to start. Nothing of the caller's process is inherited: no
/// environment, no descriptor, no directory that is not named here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxSpec {
    /// Absolute path of the program, as seen inside.
    pub program: PathBuf,
    /// Arguments after the program's own name; at most 1 MiB with the environment.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// Bytes of standard input, then end of file; at most 64 MiB. One-shot only.
    #[serde(default)]
    pub stdin: Vec<u8>,
    /// Files placed in `/work` before the start: plain name to content. No `/`,
    /// no `.` or `..`, no NUL, at most 255 bytes; together within
    /// [`Limits::tmp_bytes`] and [`Limits::tmp_inodes`].
    #[serde(default)]
    pub files: BTreeMap<String, Vec<u8>>,
    /// The whole environment. `PATH`, `HOME`, `LANG` and `TMPDIR` have defaults.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Host directories that appear read-only at the same place; one that the
    /// host lacks is left out.
    #[serde(default = "default_runtime_directories")]
    pub runtime_directories: Vec<PathBuf>,
    /// Directories from the operator's configuration.
    #[serde(default)]
    pub directories: Vec<SharedDirectory>,
    /// Whether the process ends by itself.
    #[serde(default)]
    pub lifetime: Lifetime,
    /// What it may use.
    #[serde(default)]
    pub limits: Limits,
}

/// A host directory that appears in the sandbox. The operator answers for what
/// is in it; as root, the sandbox's own uid must be allowed to reach it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedDirectory {
    /// Absolute path on the host, not `/` nor in /proc, /sys, /dev or /boot.
    pub host: PathBuf,
    /// Absolute path inside, outside of the directories that every sandbox has.
    pub inside: PathBuf,
    /// Whether the sandbox may write to it.
    pub access: Access,
}

/// What a sandbox may do with a [`SharedDirectory`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Read and run.
    ReadOnly,
    /// Read, run, and write. Its size is not bounded by [`Limits::tmp_bytes`].
    ReadWrite,
}

/// Whether a sandbox ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifetime {
    /// One program run to its end; [`crate::Sandbox::run`].
    #[default]
    OneShot,
    /// A process to talk with until it is killed; [`crate::Sandbox::start`].
    LongLived,
}

impl SandboxSpec {
    /// An order with the defaults for everything but the program.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        SandboxSpec {
            program: program.into(),
            arguments: Vec::new(),
            stdin: Vec::new(),
            files: BTreeMap::new(),
            environment: BTreeMap::new(),
            runtime_directories: default_runtime_directories(),
            directories: Vec::new(),
            lifetime: Lifetime::OneShot,
            limits: Limits::default(),
        }
    }

    /// Refuses, with [`SandboxError::InvalidSpec`], an order that could mean
    /// something else on the host than its author thinks.
    pub fn check(&self) -> Result<(), SandboxError> {
        self.check_everything().map_err(|why| SandboxError::InvalidSpec { why })
    }

    fn check_everything(&self) -> Result<(), String> {
        self.limits.check().map_err(str::to_owned)?;
        check_path("program", &self.program)?;
        self.check_strings()?;
        self.check_files()?;
        if self.stdin.len() > MAX_STDIN_BYTES {
            return Err(format!("stdin is larger than {MAX_STDIN_BYTES} bytes"));
        }
        if self.lifetime == Lifetime::LongLived && !self.stdin.is_empty() {
            return Err("a long-lived sandbox is written to, it has no stdin bytes".to_owned());
        }
        for directory in &self.runtime_directories {
            check_path("runtime directory", directory)?;
            check_shareable(directory)?;
        }
        if self.directories.len() + self.runtime_directories.len() > MAX_DIRECTORIES {
            return Err(format!("more than {MAX_DIRECTORIES} directories"));
        }
        self.directories.iter().try_for_each(SharedDirectory::check)
    }

    fn check_strings(&self) -> Result<(), String> {
        let mut bytes = 0usize;
        for argument in &self.arguments {
            bytes += argument.len() + 1;
            check_no_nul("argument", argument)?;
        }
        for (name, value) in &self.environment {
            bytes += name.len() + value.len() + 2;
            check_no_nul("environment value", value)?;
            check_no_nul("environment name", name)?;
            if name.is_empty() || name.contains('=') {
                return Err(format!("environment name `{name}` is empty or holds `=`"));
            }
        }
        if bytes > MAX_ARGUMENT_BYTES {
            return Err(format!("arguments and environment are larger than {MAX_ARGUMENT_BYTES} bytes"));
        }
        Ok(())
    }

    fn check_files(&self) -> Result<(), String> {
        let mut bytes = 0u64;
        for (name, content) in &self.files {
            check_file_name(name)?;
            bytes = bytes.saturating_add(content.len() as u64);
        }
        if bytes > self.limits.tmp_bytes {
            return Err(format!("files hold {bytes} bytes, tmp_bytes is {}", self.limits.tmp_bytes));
        }
        // Half of the inodes stay for the program itself.
        if self.files.len() as u64 > self.limits.tmp_inodes / 2 {
            return Err(format!("{} files, tmp_inodes is {}", self.files.len(), self.limits.tmp_inodes));
        }
        Ok(())
    }
}

impl SharedDirectory {
    fn check(&self) -> Result<(), String> {
        check_path("shared directory", &self.host)?;
        check_path("place of a shared directory", &self.inside)?;
        check_shareable(&self.host)?;
        if RESERVED.iter().any(|reserved| self.inside.starts_with(reserved)) {
            return Err(format!("`{}` belongs to every sandbox", self.inside.display()));
        }
        Ok(())
    }
}

/// Whether a host path may enter a sandbox at all; also asked for the path
/// that remains once symbolic links are resolved.
pub(crate) fn check_shareable(host: &Path) -> Result<(), String> {
    let forbidden = host == Path::new("/") || NEVER_SHARED.iter().any(|never| host.starts_with(never));
    if forbidden {
        return Err(format!("`{}` never enters a sandbox", host.display()));
    }
    Ok(())
}

fn default_runtime_directories() -> Vec<PathBuf> {
    DEFAULT_RUNTIME_DIRECTORIES.iter().map(PathBuf::from).collect()
}

fn check_file_name(name: &str) -> Result<(), String> {
    let plain = !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\0']);
    if !plain {
        return Err(format!("`{}` is not a plain file name", name.escape_default()));
    }
    if name.len() > MAX_FILE_NAME_BYTES {
        return Err(format!("a file name is longer than {MAX_FILE_NAME_BYTES} bytes"));
    }
    Ok(())
}

/// Absolute, normal (`..` and `.` free), without NUL, not the root itself.
fn check_path(what: &str, path: &Path) -> Result<(), String> {
    let Some(text) = path.to_str() else {
        return Err(format!("{what} is not UTF-8"));
    };
    check_no_nul(what, text)?;
    let mut parts = path.components();
    let absolute = parts.next() == Some(Component::RootDir);
    let mut names = 0usize;
    let normal = parts.all(|part| {
        names += 1;
        matches!(part, Component::Normal(_))
    });
    // `components` hides `.` and doubled slashes; the text shows them.
    let literal = !text.contains("//") && !text.split('/').any(|part| part == ".");
    if absolute && normal && literal && names > 0 {
        Ok(())
    } else {
        Err(format!("{what} `{}` is not an absolute, normal path", text.escape_default()))
    }
}

fn check_no_nul(what: &str, text: &str) -> Result<(), String> {
    if text.contains('\0') {
        return Err(format!("{what} holds a NUL"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
