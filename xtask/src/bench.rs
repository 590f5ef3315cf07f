//! `cargo xtask bench`: builds and runs the package `bench` in the profile `dist`.

use crate::check;
use anyhow::Result;
use std::path::Path;
use std::process::{Command, ExitCode};

/// Runs the benchmark; its exit code is the answer.
pub fn run(root: &Path) -> Result<ExitCode> {
    if !check::has_package(root, "bench")? {
        eprintln!("there is no package `bench` in this workspace, so nothing was measured");
        return Ok(ExitCode::FAILURE);
    }
    let status = Command::new("cargo")
        .args(["run", "--profile", "dist", "--package", "bench"])
        .current_dir(root)
        .status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
