//! The token's file: private, and read again when it changes.

use crate::{Failure, files};
use domain::Secret;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

/// The token as it is in its file now.
pub(crate) struct TokenFile {
    path: PathBuf,
    token: Secret<String>,
    seen: Option<Mark>,
}

/// What changes when a file is written or replaced: its inode and its time of change, in nanoseconds.
type Mark = (u64, i64, i64);

impl TokenFile {
    /// Reads the token. Refuses a file that others can open.
    pub(crate) fn open(path: PathBuf) -> Result<Self, Failure> {
        let seen = mark(&path);
        let token = files::read_token(&path)?;
        Ok(Self { path, token, seen })
    }

    /// The token, read again if the file changed; true with it if it did.
    pub(super) fn current(&mut self) -> Result<(Secret<String>, bool), Failure> {
        let now = mark(&self.path);
        let changed = now != self.seen;
        if changed {
            self.token = files::read_token(&self.path)?;
            self.seen = now;
        }
        Ok((self.token.clone(), changed))
    }
}

fn mark(path: &std::path::Path) -> Option<Mark> {
    let about = path.symlink_metadata().ok()?;
    Some((about.ino(), about.ctime(), about.ctime_nsec()))
}

#[cfg(test)]
mod tests {
    use super::TokenFile;
    use crate::files::{replace, write_private};
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_changed_token_is_read_again_and_an_opened_one_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        write_private(&path, "first\n").unwrap();
        let mut file = TokenFile::open(path.clone()).unwrap();
        assert_eq!(
            file.current().map(|(token, changed)| (token.into_exposed(), changed)),
            Ok(("first".to_owned(), false))
        );
        replace(&path, "second\n").unwrap();
        assert_eq!(
            file.current().map(|(token, changed)| (token.into_exposed(), changed)),
            Ok(("second".to_owned(), true))
        );
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(file.current().unwrap_err().code, "token_file_open");
    }
}
