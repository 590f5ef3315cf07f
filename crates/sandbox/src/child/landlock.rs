//! Owns the second wall around files, ports and signals: should a mount or a
//! namespace ever let something through, Landlock still says no.
//!
//! It takes what the kernel has and never fails because the kernel has less:
//! the first wall does not lean on it.

use std::path::Path;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};

use super::failure::Failure;
use super::root::ETC;
use crate::spec::{Access, WORK_DIRECTORY};
use crate::wire::Order;

/// The newest version whose rights are known to this crate.
const ABI: ABI = ABI::V6;

/// Where the program may write.
const WRITABLE: [&str; 3] = ["/tmp", WORK_DIRECTORY, "/dev/shm"];
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// Node ends if this file is there and closed; a sandbox has none.
const OPENSSL: &str = "/etc/ssl/openssl.cnf";

/// Confines an unisolated program and all its descendants to interpreters and
/// its folder. Here it is the first wall around files: a program that has the
/// server's own uid is refused where the kernel lacks it, since nothing else
/// would hold it from the server's keys, log and memory.
pub(super) fn restrict_to(folder: &Path, order: &Order) -> Result<(), Failure> {
    let failed = || Failure::isolation("restrict with landlock");
    let status = restrict_self_to(folder, order).map_err(std::io::Error::other).map_err(failed())?;
    if status == RulesetStatus::NotEnforced && order.host_uid.is_none() {
        let none = "this kernel has none, and the program would have the server's own user";
        return Err(failed()(std::io::Error::other(none)));
    }
    Ok(())
}

fn restrict_self_to(folder: &Path, order: &Order) -> Result<RulesetStatus, RulesetError> {
    let mut ruleset = nothing_allowed()?;
    for directory in &order.runtime_directories {
        ruleset = allow(ruleset, directory, AccessFs::from_read(ABI))?;
    }
    for path in ETC.into_iter().chain([OPENSSL]) {
        ruleset = allow(ruleset, path, AccessFs::from_read(ABI))?;
    }
    for device in DEVICES {
        ruleset = allow(ruleset, device, AccessFs::from_file(ABI))?;
    }
    ruleset = allow(ruleset, folder, AccessFs::from_all(ABI))?;
    ruleset.restrict_self().map(|restricted| restricted.ruleset)
}

/// Confines this process and all its descendants.
pub(super) fn restrict(order: &Order) -> Result<(), Failure> {
    restrict_self(order).map_err(std::io::Error::other).map_err(Failure::isolation("restrict with landlock"))
}

fn restrict_self(order: &Order) -> Result<(), RulesetError> {
    let everything = AccessFs::from_all(ABI);
    let mut ruleset = nothing_allowed()?;
    ruleset = allow(ruleset, "/", AccessFs::from_read(ABI))?;
    for directory in WRITABLE {
        ruleset = allow(ruleset, directory, everything)?;
    }
    for device in DEVICES {
        ruleset = allow(ruleset, device, AccessFs::from_file(ABI))?;
    }
    for shared in order.directories.iter().filter(|shared| shared.access == Access::ReadWrite) {
        ruleset = allow(ruleset, &shared.inside, everything)?;
    }
    ruleset.restrict_self().map(drop)
}

/// Rules follow for files and none for ports: none may be bound or connected to.
fn nothing_allowed() -> Result<RulesetCreated, RulesetError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI))?
        .handle_access(AccessNet::from_all(ABI))?
        .scope(Scope::from_all(ABI))?
        .create()
}

/// A path that cannot be opened is left without a right, which is the safe side.
fn allow(
    ruleset: RulesetCreated,
    path: impl AsRef<Path>,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    match PathFd::new(path) {
        Ok(fd) => ruleset.add_rule(PathBeneath::new(fd, access)),
        Err(_) => Ok(ruleset),
    }
}
