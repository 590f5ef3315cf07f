//! The policies that were accepted, each kept under its own hash, and in which order they were.
//!
//! A version is a folder with the files that decide. It is verified whenever it is used: what does not
//! have the hash that it is called by is no version. The order stands in `history`, one line for each
//! time that a policy became current; the log's `policy_loaded` records are the proof of it.
#![allow(clippy::disallowed_methods, reason = "the folder of kept versions is this crate's own")]

use crate::draft::PolicyDraft;
use crate::error::PolicyError;
use crate::files::PolicyFiles;
use crate::policy::Policy;
use domain::{Digest, UnixMillis};
use manifest::ToolManifest;
use settings::{Links, TrustError, read_trusted};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// 78 bytes a line: more than fifty thousand changes.
const MAX_HISTORY_BYTES: u64 = 4 * 1024 * 1024;

const HISTORY: &str = "history";
const SET_ASIDE: &str = "set-aside";

/// The folder of kept versions. It is the data directory's owner's alone.
#[derive(Clone, Debug)]
pub struct Versions {
    folder: PathBuf,
}

/// One time that a policy became current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// When.
    pub time: UnixMillis,
    /// Which.
    pub policy: Digest,
}

/// A version that cannot be kept or used.
#[derive(Debug, thiserror::Error)]
pub enum VersionError {
    /// No such version was kept.
    #[error("no version `{policy}` is kept")]
    Unknown {
        /// As asked for.
        policy: String,
    },
    /// The files are not those that were accepted.
    #[error("the kept version `{policy}` was changed: its files are those of another policy")]
    Tampered {
        /// The version.
        policy: Digest,
    },
    /// The files do not make a policy for the tools of this server.
    #[error("the kept version cannot be loaded")]
    Policy(#[from] PolicyError),
    /// The operating system refused.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

impl VersionError {
    fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    /// What to do about it.
    pub fn hint(&self) -> &str {
        match self {
            Self::Unknown { .. } => "list what is kept with `secure-mcp policy versions`",
            Self::Tampered { .. } => {
                "find out who changed it; go to another version, or accept the folder with the wanted rules"
            }
            Self::Policy(error) => error.hint(),
            Self::Io { .. } => "check the disk and the rights on the data directory",
        }
    }
}

impl Versions {
    /// The versions in `folder`; it is made when the first is kept.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Keeps what decides of `files` under their hash, durable when this returns. Files under this name
    /// that are others are replaced: the name says which are right.
    pub fn keep(&self, files: &PolicyFiles, policy: Digest) -> Result<(), VersionError> {
        let place = self.place(policy);
        let wanted: Vec<(&str, &str)> = files.that_decide().collect();
        if PolicyFiles::read(&place).is_ok_and(|kept| kept.that_decide().eq(wanted.iter().copied())) {
            return Ok(());
        }
        let made = self.folder.join(format!(".new-{policy}"));
        self.make()?;
        for old in [&made, &place] {
            gone(fs::remove_dir_all(old)).map_err(VersionError::io("remove", old))?;
        }
        fs::DirBuilder::new().mode(0o700).create(&made).map_err(VersionError::io("make", &made))?;
        for (name, text) in wanted {
            let path = made.join(name);
            write_new(&path, text).map_err(VersionError::io("write", &path))?;
        }
        sync(&made)?;
        fs::rename(&made, &place).map_err(VersionError::io("rename", &made))?;
        sync(&self.folder)
    }

    /// The version `policy` for `tools`. Refuses one that is not kept or was changed.
    pub fn load(&self, policy: Digest, tools: &[Arc<ToolManifest>]) -> Result<Policy, VersionError> {
        let place = self.place(policy);
        if !place.is_dir() {
            return Err(VersionError::Unknown { policy: policy.to_string() });
        }
        let draft = PolicyDraft::read(&PolicyFiles::read(&place)?);
        match draft.hash() {
            Some(found) if found != policy => Err(VersionError::Tampered { policy }),
            // Without a hash it cannot be loaded either, and the error says why.
            _ => Ok(draft.for_tools(tools)?),
        }
    }

    /// Notes that `policy` became current.
    pub fn note(&self, accepted: Accepted) -> Result<(), VersionError> {
        let path = self.folder.join(HISTORY);
        self.make()?;
        let line = format!("{} {}\n", accepted.time.0, accepted.policy);
        let append = || {
            let mut file = fs::OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
            file.write_all(line.as_bytes())?;
            file.sync_all()
        };
        append().map_err(VersionError::io("write", &path))
    }

    /// Every time that a policy became current, oldest first. Lines that are none are left out: the
    /// last one of a full disk breaks off.
    pub fn history(&self) -> Result<Vec<Accepted>, VersionError> {
        let path = self.folder.join(HISTORY);
        let text = self.text(&path, MAX_HISTORY_BYTES)?.unwrap_or_default();
        let accepted = |line: &str| {
            let (time, policy) = line.split_once(' ')?;
            Some(Accepted { time: UnixMillis(time.parse().ok()?), policy: Digest::from_hex(policy)? })
        };
        Ok(text.lines().filter_map(accepted).collect())
    }

    /// The kept version whose hash begins with `start`; `None` if none or several do.
    pub fn named(&self, start: &str) -> Result<Option<Digest>, VersionError> {
        let mut found: Vec<Digest> = self.history()?.into_iter().map(|one| one.policy).collect();
        found.retain(|policy| policy.to_string().starts_with(start));
        found.sort();
        found.dedup();
        Ok(match found.as_slice() {
            [only] => Some(*only),
            _ => None,
        })
    }

    /// The policy that the folder held when another version was put in force in its place.
    pub fn set_aside(&self) -> Result<Option<Digest>, VersionError> {
        let path = self.folder.join(SET_ASIDE);
        Ok(self.text(&path, 128)?.and_then(|text| Digest::from_hex(text.trim())))
    }

    /// Remembers or forgets it, durable when this returns.
    pub fn put_aside(&self, policy: Option<Digest>) -> Result<(), VersionError> {
        let path = self.folder.join(SET_ASIDE);
        self.make()?;
        gone(fs::remove_file(&path)).map_err(VersionError::io("remove", &path))?;
        if let Some(policy) = policy {
            write_new(&path, &policy.to_string()).map_err(VersionError::io("write", &path))?;
        }
        sync(&self.folder)
    }

    fn place(&self, policy: Digest) -> PathBuf {
        self.folder.join(policy.to_string())
    }

    fn make(&self) -> Result<(), VersionError> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.map_err(VersionError::io("make", &self.folder))
    }

    fn text(&self, path: &Path, limit_bytes: u64) -> Result<Option<String>, VersionError> {
        match read_trusted(path, Links::Refused, limit_bytes) {
            Ok(text) => Ok(Some(text)),
            Err(TrustError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(TrustError::Unreadable { path, source }) => {
                Err(VersionError::Io { action: "read", path, source })
            }
            Err(exposed) => Err(PolicyError::Exposed(exposed).into()),
        }
    }
}

/// What was not there needs no removing.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    removed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn sync(folder: &Path) -> Result<(), VersionError> {
    let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(VersionError::io("sync", folder))
}
