//! The files that commands read and write: tokens (0600), configurations, checkpoints, receipts.
#![allow(clippy::disallowed_methods, reason = "the commands' one door to the file system")]

use crate::Failure;
use domain::Secret;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// A file that a person names on the command line; the largest is an exported log's checkpoint.
const MAX_TEXT_BYTES: u64 = 4 * 1024 * 1024;

/// A token has at most 8 KiB.
const MAX_TOKEN_BYTES: u64 = 16 * 1024;

/// The whole text of `path`.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    read_limited(file, path, MAX_TEXT_BYTES)
}

fn read_limited(file: File, path: &Path, limit_bytes: u64) -> Result<String, Failure> {
    let mut text = String::new();
    let read =
        file.take(limit_bytes + 1).read_to_string(&mut text).map_err(|error| unreadable(path, &error))?;
    if read as u64 > limit_bytes {
        let cause = format!("`{}` is larger than {limit_bytes} bytes", path.display());
        return Err(Failure::usage("file_too_large", cause, "give another file"));
    }
    Ok(text)
}

/// The token in `path`: a file of the caller's own that nobody else can open.
pub(crate) fn read_token(path: &Path) -> Result<Secret<String>, Failure> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(i32::try_from(flags.bits()).unwrap_or_default())
        .open(path)
        .map_err(|error| unreadable(path, &error))?;
    let about = file.metadata().map_err(|error| unreadable(path, &error))?;
    if !about.is_file() {
        let cause = format!("`{}` is not a regular file", path.display());
        return Err(Failure::usage("token_file", cause, "put the token into a file of its own"));
    }
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o177 != 0 || about.uid() != rustix::process::geteuid().as_raw() {
        return Err(Failure::usage(
            "token_file_open",
            format!("`{}` is open to others (mode {mode:03o}, owner {})", path.display(), about.uid()),
            format!("make a new token, and keep it in a file of your own: chmod 600 {}", path.display()),
        ));
    }
    let text = Secret::new(read_limited(file, path, MAX_TOKEN_BYTES)?);
    let token = text.expose().trim();
    if token.is_empty() || token.contains(char::is_whitespace) {
        let cause = format!("`{}` holds no token", path.display());
        return Err(Failure::usage(
            "token_file",
            cause,
            "write one with `secure-mcp token create --out FILE`",
        ));
    }
    Ok(Secret::new(token.to_owned()))
}

/// Writes a new file of mode 0600. A file that is there is left alone.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    write_new(path, text, 0o600)
}

/// Writes a new file of mode 0644. A file that is there is left alone.
pub(crate) fn write_public(path: &Path, text: &str) -> Result<(), Failure> {
    write_new(path, text, 0o644)
}

fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .map_err(|error| unwritable(path, &error))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| unwritable(path, &error))
}

/// Puts `text` in the place of `path` at once; the file's mode is 0600.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let temporary = path.with_extension(format!("new.{}", std::process::id()));
    let _left_over = std::fs::remove_file(&temporary);
    write_new(&temporary, text, 0o600)?;
    std::fs::rename(&temporary, path).map_err(|error| unwritable(path, &error))
}

/// Removes a file; that it is gone already is no error.
pub(crate) fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::debug!(%error, path = %path.display(), "cannot remove a file");
    }
}

/// Makes a folder and those above it.
pub(crate) fn make_folder(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|error| unwritable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let cause = format!("cannot read `{}`: {error}", path.display());
    Failure::usage("file_unreadable", cause, "check that the file exists and that you may read it")
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    if error.kind() == std::io::ErrorKind::AlreadyExists {
        let cause = format!("`{}` exists already", path.display());
        return Failure::usage(
            "file_exists",
            cause,
            "move it away or name another place; nothing is overwritten",
        );
    }
    let cause = format!("cannot write `{}`: {error}", path.display());
    Failure::usage("file_unwritable", cause, "check that the folder exists and that you may write there")
}

#[cfg(test)]
mod tests {
    use super::{read_token, replace, write_private, write_public};
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn only_a_private_token_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        write_private(&file, "a.b.c\n").unwrap();
        assert_eq!(read_token(&file).unwrap().expose(), "a.b.c");
        for mode in [0o640, 0o604, 0o700] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read_token(&file).unwrap_err().code, "token_file_open");
        }
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(read_token(&link).unwrap_err().code, "file_unreadable");
        assert_eq!(read_token(folder.path()).unwrap_err().code, "token_file");
    }

    #[test]
    fn nothing_is_overwritten_unless_it_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        write_public(&file, "one").unwrap();
        assert_eq!(write_public(&file, "two").unwrap_err().code, "file_exists");
        replace(&file, "three").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "three");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
