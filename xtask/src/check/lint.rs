//! rustfmt and clippy over the whole workspace.

use super::Finding;
use anyhow::Result;
use std::path::Path;
use std::process::{Command, Stdio};

/// Files that rustfmt would write otherwise.
pub fn rustfmt(root: &Path) -> Result<Vec<Finding>> {
    cargo(root, &["fmt", "--all", "--check"], "rustfmt", "run cargo fmt --all")
}

/// Warnings of clippy, every one an error.
pub fn clippy(root: &Path) -> Result<Vec<Finding>> {
    let arguments = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"];
    cargo(root, &arguments, "clippy", "correct what it names")
}

fn cargo(root: &Path, arguments: &[&str], component: &str, fix: &str) -> Result<Vec<Finding>> {
    let tool = format!("cargo-{}", arguments.first().copied().unwrap_or_default());
    if !crate::needs::is_there(&tool) {
        return Ok(vec![Finding::new(
            component,
            "is not installed",
            format!("run rustup component add {component}"),
        )]);
    }
    let status = Command::new("cargo").args(arguments).current_dir(root).stdin(Stdio::null()).status()?;
    if status.success() {
        return Ok(Vec::new());
    }
    Ok(vec![Finding::new("cargo", format!("{} does not pass", arguments.join(" ")), fix)])
}
