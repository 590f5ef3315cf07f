//! What can go wrong with keys, and what to do about it.

use std::io;
use std::path::PathBuf;

/// A key that cannot be had or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Somebody else can read the file or directory.
    #[error("`{path}` is open to others (mode {mode:03o})")]
    TooOpen {
        /// The file or directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// The widest that is accepted.
        wanted: u32,
    },
    /// Another user owns the file or directory and could change it.
    #[error("`{path}` belongs to user {owner}, not to user {process}")]
    ForeignOwner {
        /// The file or directory.
        path: PathBuf,
        /// Who owns it.
        owner: u32,
        /// Who runs this process.
        process: u32,
    },
    /// A link, a device or a directory where a file should be.
    #[error("`{path}` is not a regular file")]
    NotRegular {
        /// Where.
        path: PathBuf,
    },
    /// The file is there and is no key of its kind.
    #[error("`{path}` holds no valid {kind}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        kind: &'static str,
    },
    /// The operating system refused.
    #[error("cannot {action} `{path}`")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Not sealed with this key, for another purpose, or changed since.
    #[error("the sealed value does not open with this key")]
    Unseal,
    /// The cryptographic library refused.
    #[error("the cryptographic library cannot {action}")]
    Library {
        /// What was tried.
        action: &'static str,
    },
}

impl KeyError {
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>, source: impl Into<io::Error>) -> Self {
        Self::Io { action, path: path.into(), source: source.into() }
    }

    /// What the operator can do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::TooOpen { path, wanted, .. } => {
                format!("find out who had access, then run `chmod {wanted:03o} {}`", path.display())
            }
            Self::ForeignOwner { path, process, .. } => {
                format!("run the server as the owner, or `chown {process} {}`", path.display())
            }
            Self::NotRegular { path } => format!("put the key file itself at {}", path.display()),
            Self::Damaged { path, .. } => {
                format!(
                    "restore {} from a backup; what it sealed or signed cannot be used without it",
                    path.display()
                )
            }
            Self::Io { path, .. } => format!("check the disk and the rights on {}", path.display()),
            Self::Unseal => "use the key directory that belongs to this data directory".to_owned(),
            Self::Library { .. } => "restart the server; if it stays, report it".to_owned(),
        }
    }
}
