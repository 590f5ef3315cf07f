//! Owns the temporary folder of an unisolated program: its only place to write,
//! in the stead of the mounts that an isolated one gets. It is gone with the run.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::root;
use crate::spec::WORK_DIRECTORY;
use crate::wire::Order;

/// A directory that every Linux has and every user may write to.
const BASE: &str = "/tmp";
/// Deeper than any path that the kernel takes (4096 bytes) can be.
const MAX_DEPTH: u32 = 2048;

/// Makes the folder, as the user that the program will be, and fills it.
pub(super) fn make(order: &Order, files: File) -> Result<PathBuf, Failure> {
    let name = random_name().map_err(Failure::isolation("name a temporary folder"))?;
    let folder = Path::new(BASE).join(name);
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    // Fails if the name is taken, so nothing that others prepared is used.
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .map_err(Failure::isolation("make a temporary folder"))?;
    root::place_files(order, files, &folder).inspect_err(|_| remove(&folder))?;
    Ok(folder)
}

/// The same order for a program that lives in `folder`: what would be in
/// `/work` of a sandbox is there.
pub(super) fn settle(order: Order, folder: &Path) -> Order {
    let inside = format!("{WORK_DIRECTORY}/");
    let lead = |argument: String| match argument.strip_prefix(&inside) {
        Some(rest) => folder.join(rest).to_string_lossy().into_owned(),
        None => argument,
    };
    let mut environment = order.environment;
    for name in ["HOME", "TMPDIR"] {
        environment.insert(name.to_owned(), folder.to_string_lossy().into_owned());
    }
    Order { arguments: order.arguments.into_iter().map(lead).collect(), environment, ..order }
}

/// Removes the folder after its last process. What cannot be removed stays.
pub(super) fn remove(folder: &Path) {
    make_passable(folder, MAX_DEPTH);
    let _ = fs::remove_dir_all(folder);
}

/// A program may close its directories even to their owner.
fn make_passable(directory: &Path, depth: u32) {
    let _ = fs::set_permissions(directory, fs::Permissions::from_mode(0o700));
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if depth > 0 && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            make_passable(&entry.path(), depth - 1);
        }
    }
}

fn random_name() -> io::Result<String> {
    let mut bytes = [0u8; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(format!("secure-mcp-run-{:032x}", u128::from_ne_bytes(bytes)))
}
