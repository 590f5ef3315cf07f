//! Who imports whom: the levels, and the doors before dangerous dependencies.

use super::Finding;
use crate::doors::Door;
use crate::levels::{Place, place};
use anyhow::{Context as _, Result};
use cargo_metadata::{DependencyKind, MetadataCommand};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One crate of the workspace and what it names in its manifest.
#[derive(Clone, Debug, Default)]
pub struct Package {
    pub name: String,
    pub manifest: PathBuf,
    /// Normal and build dependencies.
    pub imports: Vec<String>,
}

/// The crates of the workspace at `root`, by `cargo metadata`; nothing is downloaded.
pub fn packages(root: &Path) -> Result<Vec<Package>> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cargo metadata does not read the workspace")?;
    Ok(metadata.packages.into_iter().map(Package::from).collect())
}

impl From<cargo_metadata::Package> for Package {
    fn from(package: cargo_metadata::Package) -> Self {
        let counts = |import: &cargo_metadata::Dependency| import.kind != DependencyKind::Development;
        Self {
            name: package.name.to_string(),
            manifest: package.manifest_path.into(),
            imports: package.dependencies.into_iter().filter(counts).map(|import| import.name).collect(),
        }
    }
}

/// Imports that do not go to a strictly lower level, and crates that have no level.
pub fn upward(packages: &[Package]) -> Vec<Finding> {
    let members: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut findings = Vec::new();
    for package in packages {
        let Some(own) = place(&package.name) else {
            findings.push(Finding::new(&package.name, "has no level", "add it to xtask/src/levels.rs"));
            continue;
        };
        for import in package.imports.iter().filter(|import| members.contains(import.as_str())) {
            let allowed = match (own, place(import)) {
                (Place::Beside, _) => true,
                (Place::Level(own), Some(Place::Level(other))) => other < own,
                (Place::Level(_), Some(Place::Beside) | None) => false,
            };
            if !allowed {
                let what = format!("imports `{import}`, which is not on a lower level");
                findings.push(Finding::new(&package.name, what, "move the shared type down, or the code up"));
            }
        }
    }
    findings
}

/// Dangerous dependencies in crates that are not their keepers.
pub fn through_walls(packages: &[Package], doors: &[Door]) -> Vec<Finding> {
    let beside = |name: &str| place(name) == Some(Place::Beside);
    let mut findings = Vec::new();
    for package in packages.iter().filter(|package| !beside(&package.name)) {
        for door in doors.iter().filter(|door| package.imports.iter().any(|import| import == door.dependency))
        {
            if !door.keepers.contains(&package.name.as_str()) {
                let what = format!("imports `{}`: {}", door.dependency, door.reason);
                findings.push(Finding::new(
                    &package.name,
                    what,
                    format!("use it through `{}`", door.keepers.join("` or `")),
                ));
            }
        }
    }
    findings
}
