//! What manifests must say: the workspace's lints in every crate, the doors in `deny.toml`.

use super::Finding;
use super::imports::Package;
use crate::doors::Door;
use crate::levels::place;
use anyhow::{Context as _, Result};
use std::collections::BTreeSet;
use std::path::Path;

/// Crates that set lints of their own, with the reason.
const OWN_LINTS: &[(&str, &str)] = &[("sandbox", "system calls need `unsafe`, each with its SAFETY comment")];

/// Crates that do not take the lints of the workspace.
pub fn lints(root: &Path, packages: &[Package]) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for package in packages {
        let manifest = read(&package.manifest)?;
        let takes_all = manifest.get("lints").and_then(|lints| lints.get("workspace"))
            == Some(&toml::Value::Boolean(true));
        let waived = OWN_LINTS.iter().any(|(name, _)| *name == package.name);
        let shown = package.manifest.strip_prefix(root).unwrap_or(&package.manifest).display().to_string();
        if !takes_all && !waived {
            findings.push(Finding::new(
                shown,
                "does not take the lints of the workspace",
                "add [lints] workspace = true",
            ));
        }
    }
    Ok(findings)
}

/// Doors that `deny.toml` does not know, or knows otherwise.
pub fn deny_agrees(root: &Path, doors: &[Door]) -> Result<Vec<Finding>> {
    let deny = read(&root.join("deny.toml"))?;
    let rows = deny.get("bans").and_then(|bans| bans.get("deny")).and_then(toml::Value::as_array);
    Ok(compare(rows.map(Vec::as_slice).unwrap_or_default(), doors))
}

fn compare(rows: &[toml::Value], doors: &[Door]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for door in doors {
        let row =
            rows.iter().find(|row| row.get("crate").and_then(toml::Value::as_str) == Some(door.dependency));
        let named: BTreeSet<&str> = row
            .and_then(|row| row.get("wrappers"))
            .and_then(toml::Value::as_array)
            .map(|wrappers| wrappers.iter().filter_map(toml::Value::as_str).collect())
            .unwrap_or_default();
        let own: BTreeSet<&str> = named.into_iter().filter(|name| place(name).is_some()).collect();
        if own != door.keepers.iter().copied().collect() {
            let what =
                format!("lets {own:?} use `{}`, xtask/src/doors.rs lets {:?}", door.dependency, door.keepers);
            findings.push(Finding::new("deny.toml", what, "make both say the same"));
        }
    }
    findings
}

fn read(path: &Path) -> Result<toml::Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not TOML", path.display()))
}
