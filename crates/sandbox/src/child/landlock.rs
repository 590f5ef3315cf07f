//! Owns the second wall around files, ports and signals: should a mount or a
//! namespace ever let something through, Landlock still says no.
//!
//! It takes what the kernel has and never fails because the kernel has less:
//! the first wall does not lean on it.

use std::path::Path;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetError, Scope,
};

use super::failure::Failure;
use crate::spec::{Access, WORK_DIRECTORY};
use crate::wire::Order;

/// The newest version whose rights are known to this crate.
const ABI: ABI = ABI::V6;

/// Where the program may write.
const WRITABLE: [&str; 3] = ["/tmp", WORK_DIRECTORY, "/dev/shm"];
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// Confines this process and all its descendants.
pub(super) fn restrict(order: &Order) -> Result<(), Failure> {
    restrict_self(order).map_err(std::io::Error::other).map_err(Failure::isolation("restrict with landlock"))
}

fn restrict_self(order: &Order) -> Result<(), RulesetError> {
    let everything = AccessFs::from_all(ABI);
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(everything)?
        // No rule follows for ports: none may be bound or connected to.
        .handle_access(AccessNet::from_all(ABI))?
        .scope(Scope::from_all(ABI))?
        .create()?;
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

/// A path that cannot be opened is left without a right, which is the safe side.
fn allow(
    ruleset: landlock::RulesetCreated,
    path: impl AsRef<Path>,
    access: BitFlags<AccessFs>,
) -> Result<landlock::RulesetCreated, RulesetError> {
    match PathFd::new(path) {
        Ok(fd) => ruleset.add_rule(PathBeneath::new(fd, access)),
        Err(_) => Ok(ruleset),
    }
}
