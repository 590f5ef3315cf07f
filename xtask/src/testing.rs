//! `cargo xtask test`: what the tests need, the walls, every test, one closing line of counts.

use crate::check::{self, Depth};
use crate::counts::Counts;
use crate::process::{counted, step};
use crate::{needs, suites};
use anyhow::{Context as _, Result};
use cargo_metadata::MetadataCommand;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// How much is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    Full,
    /// Without clippy, rustfmt and the suites in other languages.
    Quick,
}

/// Runs everything and ends with `N passed, N failed`.
pub fn run(root: &Path, scope: Scope) -> Result<ExitCode> {
    if !needs::of_machine()? {
        return Ok(ExitCode::FAILURE);
    }
    println!("--- the walls");
    let depth = if scope == Scope::Full { Depth::Full } else { Depth::Quick };
    let mut counts = check::walls(root, depth)?;
    counts.add(cargo_tests(root, &[])?);
    if scope == Scope::Full {
        counts.add(client_suites(root)?);
    }
    println!("\n{counts}");
    Ok(counts.exit_code())
}

/// `cargo test` over the workspace, with `variables` in its environment.
pub fn cargo_tests(root: &Path, variables: &[(&str, &str)]) -> Result<Counts> {
    let mut command = cargo(root);
    command.args(["test", "--workspace", "--no-fail-fast"]).envs(variables.iter().copied());
    counted("cargo test", &mut command, Counts::of_cargo_line)
}

/// What goes wrong before a suite could say anything is one failure, with its reason.
fn client_suites(root: &Path) -> Result<Counts> {
    // The very binary of the tests: built for itself alone its dependencies have other features, and all of
    // them would be compiled once more.
    step("build of the server", cargo(root).args(["test", "--workspace", "--no-run", "--quiet"]))?;
    let target = target_folder(root)?;
    let clients = needs::of_clients(&target)?;
    suites::run(root, &target.join("debug/secure-mcp"), &clients).or_else(|error| {
        println!("FAILED  client suites: {error:#}");
        Ok(Counts { passed: 0, failed: 1 })
    })
}

/// The suites in other languages alone, for whoever works on them.
pub fn run_clients(root: &Path) -> Result<ExitCode> {
    if !needs::of_machine()? {
        return Ok(ExitCode::FAILURE);
    }
    let counts = client_suites(root)?;
    println!("\n{counts}");
    Ok(counts.exit_code())
}

fn cargo(root: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root);
    command
}

fn target_folder(root: &Path) -> Result<PathBuf> {
    let manifest = root.join("Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec();
    Ok(metadata.context("cargo metadata does not read the workspace")?.target_directory.into())
}
