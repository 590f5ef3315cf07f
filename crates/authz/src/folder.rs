//! The door to the disk: reads a policy folder into [`PolicyFiles`].
//!
//! The only file of this crate that touches the file system. It follows no link, so a folder
//! cannot pull in what is outside of it.
#![allow(clippy::disallowed_methods, reason = "reading the policy folder is this crate's own door")]

use crate::error::{PolicyError, Problem};
use crate::files::PolicyFiles;
use settings::{Links, TrustError, check_trusted_folder, read_trusted};
use std::fs;
use std::path::Path;

/// 500 policies are about 100 KiB; a file beyond this is not a policy.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// A folder of this size has 2,000 test cases.
const MAX_FILES: usize = 4_096;

/// `tests/<case>/request.json`: two levels below the folder.
const MAX_LEVELS: usize = 2;

impl PolicyFiles {
    /// Reads the folder `directory`. Names that start with a dot are left out; links, unknown names,
    /// files over 4 MiB, more than 4,096 files, and whatever others than root and the own user can change
    /// are refused.
    pub fn read(directory: &Path) -> Result<Self, PolicyError> {
        let mut texts = Vec::new();
        read_level(directory, "", MAX_LEVELS, &mut texts)?;
        Self::from_texts(texts)
    }
}

fn read_level(
    directory: &Path,
    prefix: &str,
    levels_left: usize,
    texts: &mut Vec<(String, String)>,
) -> Result<(), PolicyError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| PolicyError::Unreadable { path, source }
    };
    check_trusted_folder(directory).map_err(untrusted)?;
    for entry in fs::read_dir(directory).map_err(unreadable(directory))? {
        let entry = entry.map_err(unreadable(directory))?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let about = fs::symlink_metadata(&path).map_err(unreadable(&path))?;
        if about.is_dir() {
            if levels_left == 0 {
                return Err(Problem::new(
                    &name,
                    "folders are nested too deep",
                    "keep test cases in `tests/<case>/`",
                )
                .into());
            }
            read_level(&path, &format!("{name}/"), levels_left - 1, texts)?;
            continue;
        }
        if !about.is_file() {
            return Err(Problem::new(
                &name,
                "not a regular file",
                "put the file itself into the folder, not a link",
            )
            .into());
        }
        if about.len() > MAX_FILE_BYTES {
            return Err(
                Problem::new(&name, format!("larger than {MAX_FILE_BYTES} bytes"), "split the file").into()
            );
        }
        if texts.len() >= MAX_FILES {
            return Err(Problem::new(
                &name,
                format!("more than {MAX_FILES} files"),
                "remove what is not policy",
            )
            .into());
        }
        let text = read_trusted(&path, Links::Refused, MAX_FILE_BYTES).map_err(untrusted)?;
        texts.push((name, text));
    }
    Ok(())
}

fn untrusted(error: TrustError) -> PolicyError {
    match error {
        TrustError::Unreadable { path, source } => PolicyError::Unreadable { path, source },
        exposed @ TrustError::Exposed { .. } => PolicyError::Exposed(exposed),
    }
}
