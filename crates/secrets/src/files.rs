//! The door to key files: made whole or not at all, read only if nobody else can.
//!
//! It knows names, modes and owners; it does not know what a key is.

#![allow(clippy::disallowed_methods, reason = "this module is the door to key files")]

use crate::{KeyError, random};
use rustix::fs::{Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use std::fs::{DirBuilder, File};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A PEM Ed25519 key has 120 bytes; nothing here comes near this.
const MAX_KEY_FILE_BYTES: u64 = 4096;
const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// A directory that only this process's user can open.
pub(crate) struct KeyDirectory {
    path: PathBuf,
    handle: File,
}

impl KeyDirectory {
    /// Opens the directory, made with mode 0700 if it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self, KeyError> {
        DirBuilder::new()
            .recursive(true)
            .mode(DIRECTORY_MODE)
            .create(path)
            .map_err(|source| KeyError::io("make the key directory", path, source))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle: File = rustix::fs::open(path, flags, Mode::empty())
            .map_err(|source| KeyError::io("open the key directory", path, source))?
            .into();
        check_access(&handle, path, DIRECTORY_MODE)?;
        Ok(Self { path: path.to_owned(), handle })
    }

    /// The text of the file `name`, which `make` invents if it is missing.
    ///
    /// Two processes that do so at once end up with the same key: the first one's.
    pub(crate) fn load_or_create(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<Zeroizing<String>, KeyError>,
    ) -> Result<Zeroizing<String>, KeyError> {
        if let Some(text) = self.load(name)? {
            return Ok(text);
        }
        self.create(name, &make()?)?;
        self.load(name)?.ok_or_else(|| self.damaged(name, "key that was just written"))
    }

    /// Gives the file `from` the name `to`, and overwrites what had that name.
    pub(crate) fn replace_and_overwrite(&self, from: &str, to: &str) -> Result<(), KeyError> {
        let path = self.path.join(to);
        let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let old: File = rustix::fs::openat(&self.handle, to, flags, Mode::empty())
            .map_err(|source| KeyError::io("open", &path, source))?
            .into();
        rustix::fs::renameat(&self.handle, from, &self.handle, to)
            .map_err(|source| KeyError::io("name", &path, source))?;
        self.handle
            .sync_all()
            .map_err(|source| KeyError::io("sync the key directory", &self.path, source))?;
        overwrite(old, &path)
    }

    /// Overwrites the file `name` with zeros, makes that durable, and removes it. Fine if there is none.
    pub(crate) fn destroy(&self, name: &str) -> Result<(), KeyError> {
        let path = self.path.join(name);
        let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file: File = match rustix::fs::openat(&self.handle, name, flags, Mode::empty()) {
            Ok(file) => file.into(),
            Err(Errno::NOENT) => return Ok(()),
            Err(source) => return Err(KeyError::io("open", path, source)),
        };
        overwrite(file, &path)?;
        rustix::fs::unlinkat(&self.handle, name, rustix::fs::AtFlags::empty())
            .map_err(|source| KeyError::io("remove", &path, source))?;
        self.handle.sync_all().map_err(|source| KeyError::io("sync the key directory", &self.path, source))
    }

    pub(crate) fn damaged(&self, name: &str, kind: &'static str) -> KeyError {
        KeyError::Damaged { path: self.path.join(name), kind }
    }

    /// The text of the file `name`; `None` if there is none.
    pub(crate) fn load(&self, name: &str) -> Result<Option<Zeroizing<String>>, KeyError> {
        let path = self.path.join(name);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file: File = match rustix::fs::openat(&self.handle, name, flags, Mode::empty()) {
            Ok(file) => file.into(),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(KeyError::NotRegular { path }),
            Err(source) => return Err(KeyError::io("open", path, source)),
        };
        check_access(&file, &path, FILE_MODE)?;
        let metadata = file.metadata().map_err(|source| KeyError::io("look at", &path, source))?;
        if !metadata.is_file() {
            return Err(KeyError::NotRegular { path });
        }
        let mut text = Zeroizing::new(String::with_capacity(MAX_KEY_FILE_BYTES as usize));
        match file.take(MAX_KEY_FILE_BYTES).read_to_string(&mut text) {
            Ok(_) => Ok(Some(text)),
            Err(source) => Err(KeyError::io("read", path, source)),
        }
    }

    /// Writes a temporary file, syncs it, and gives it its name if the name is still free.
    pub(crate) fn create(&self, name: &str, text: &str) -> Result<(), KeyError> {
        let chance = u64::from_be_bytes(random()?);
        let temporary = format!(".{name}.{chance:016x}");
        let path = self.path.join(&temporary);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mut file: File =
            rustix::fs::openat(&self.handle, temporary.as_str(), flags, Mode::from_raw_mode(FILE_MODE))
                .map_err(|source| KeyError::io("make", &path, source))?
                .into();
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        let renamed = written.map_err(|source| KeyError::io("write", &path, source)).and_then(|()| {
            let free = RenameFlags::NOREPLACE;
            match rustix::fs::renameat_with(&self.handle, temporary.as_str(), &self.handle, name, free) {
                Ok(()) => Ok(true),
                Err(Errno::EXIST) => Ok(false),
                Err(source) => Err(KeyError::io("name", self.path.join(name), source)),
            }
        });
        if !matches!(renamed, Ok(true)) {
            let _left_over =
                rustix::fs::unlinkat(&self.handle, temporary.as_str(), rustix::fs::AtFlags::empty());
        }
        renamed?;
        self.handle.sync_all().map_err(|source| KeyError::io("sync the key directory", &self.path, source))
    }
}

/// Zeros in place of a key, durable.
fn overwrite(mut file: File, path: &Path) -> Result<(), KeyError> {
    let length = file.metadata().map_err(|source| KeyError::io("look at", path, source))?.len();
    let zeros = vec![0u8; usize::try_from(length.min(MAX_KEY_FILE_BYTES)).unwrap_or_default()];
    file.write_all(&zeros)
        .and_then(|()| file.sync_all())
        .map_err(|source| KeyError::io("overwrite", path, source))
}

/// Refuses what another user owns or can open.
fn check_access(file: &File, path: &Path, wanted: u32) -> Result<(), KeyError> {
    let metadata = file.metadata().map_err(|source| KeyError::io("look at", path, source))?;
    let process = rustix::process::geteuid().as_raw();
    if metadata.uid() != process {
        return Err(KeyError::ForeignOwner { path: path.to_owned(), owner: metadata.uid(), process });
    }
    let mode = metadata.mode() & 0o777;
    if mode & !wanted != 0 {
        return Err(KeyError::TooOpen { path: path.to_owned(), mode, wanted });
    }
    Ok(())
}
