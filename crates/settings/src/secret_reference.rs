//! Where a secret is. The configuration never holds one, and the file with one is read here only.

use crate::error::Fault;
use domain::Secret;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Keys and passwords are short; a bigger file is another file.
const MAX_SECRET_BYTES: u64 = 64 * 1024;
/// Read, write or search by the group or by others.
const NOT_OWNER: u32 = 0o077;

/// A reference to a secret: `file:PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretReference {
    /// A file that only its owner can read; one line break at its end is not part of the secret.
    File(PathBuf),
}

/// A secret that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretReadError {
    /// Not there, or not readable.
    #[error("cannot read the secret file `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Others can read it.
    #[error("the secret file `{}` is open to others (mode {mode:04o})", path.display())]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not a regular file, empty, or bigger than a secret is.
    #[error("the secret file `{}` is not a regular file of 1 to 65536 bytes", path.display())]
    NotASecret {
        /// The file.
        path: PathBuf,
    },
}

impl SecretReadError {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "write the secret into the file, owned by the server's user",
            Self::OpenToOthers { .. } => {
                "run chmod 600 on it, and replace the secret if others may have read it"
            }
            Self::NotASecret { .. } => "name a file that holds the secret and nothing else",
        }
    }
}

impl SecretReference {
    /// The text is not shown in the error: it may be the secret itself.
    pub(crate) fn parse(text: &str, key: &str, base: &Path) -> Result<Self, Fault> {
        match text.strip_prefix("file:") {
            Some(path) if !path.is_empty() => Ok(Self::File(base.join(path))),
            _ => Err(Fault::new(
                key,
                "is not a reference to a secret",
                "write the secret into a file of mode 0600 and name it: file:PATH",
            )),
        }
    }

    /// The secret. Refuses a file that others can read.
    pub fn read(&self) -> Result<Secret<Vec<u8>>, SecretReadError> {
        let Self::File(path) = self;
        let unreadable = |source| SecretReadError::Unreadable { path: path.clone(), source };
        #[expect(clippy::disallowed_methods, reason = "the one door through which secrets come in")]
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let about = file.metadata().map_err(unreadable)?;
        if !about.is_file() || about.len() > MAX_SECRET_BYTES {
            return Err(SecretReadError::NotASecret { path: path.clone() });
        }
        if about.mode() & NOT_OWNER != 0 {
            return Err(SecretReadError::OpenToOthers { path: path.clone(), mode: about.mode() & 0o7777 });
        }
        let mut bytes = Vec::new();
        file.take(MAX_SECRET_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        if bytes.is_empty() || bytes.len() as u64 > MAX_SECRET_BYTES {
            return Err(SecretReadError::NotASecret { path: path.clone() });
        }
        Ok(Secret::new(bytes))
    }
}
