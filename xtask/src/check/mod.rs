//! `cargo xtask check`: the walls of the house, held by machine.
//!
//! A wall is a function over data that returns findings; its test plants a case and expects one.

mod files;
mod forbidden;
mod header;
mod imports;
mod length;
mod lint;
mod manifests;
mod rust_source;
#[cfg(test)]
mod tests;
mod unwanted_words;
mod waiving;

use crate::counts::Counts;
use anyhow::Result;
use std::fmt;
use std::path::Path;
use std::process::ExitCode;

/// How much of the check runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Everything.
    Full,
    /// Without rustfmt and clippy, which need the workspace to build.
    Quick,
}

/// Something that must not be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A file, with `:line` where there is one, or a crate.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub fix: String,
}

impl Finding {
    fn new(place: impl Into<String>, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into(), fix: fix.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}; {}", self.place, self.what, self.fix)
    }
}

/// Runs every wall and prints one line for each.
pub fn run(root: &Path, depth: Depth) -> Result<ExitCode> {
    let counts = walls(root, depth)?;
    println!("{counts}");
    Ok(counts.exit_code())
}

/// Runs every wall; each counts as one passed or one failed.
pub fn walls(root: &Path, depth: Depth) -> Result<Counts> {
    let packages = imports::packages(root)?;
    let files = files::of_project(root)?;
    let waivers = crate::waivers::WAIVERS;
    let mut counts = Counts::default();
    counts.wall("imports go to a lower level", &imports::upward(&packages));
    counts.wall(
        "dangerous crates stay behind one door",
        &imports::through_walls(&packages, crate::doors::DOORS),
    );
    counts.wall("deny.toml names the same doors", &manifests::deny_agrees(root, crate::doors::DOORS)?);
    counts.wall("every crate takes the lints of the workspace", &manifests::lints(root, &packages)?);
    let (length, mut used) = waiving::apply("length", waivers, length::too_long(&files));
    counts.wall("no file is longer than 500 code lines", &length);
    counts.wall("every file says what it owns", &header::missing(&files));
    let (forbidden, more) = forbidden::waived(&files, waivers);
    used.extend(more);
    counts.wall("no panics and no processes", &forbidden);
    let (words, more) = waiving::apply("word", waivers, unwanted_words::found(&files, crate::words::WORDS));
    used.extend(more);
    counts.wall("no words of unfinished work", &words);
    counts.wall("every waiver is needed", &waiving::stale(waivers, &used));
    if depth == Depth::Full {
        counts.wall("rustfmt", &lint::rustfmt(root)?);
        counts.wall("clippy", &lint::clippy(root)?);
    }
    Ok(counts)
}

/// Whether the workspace has a crate of this name.
pub fn has_package(root: &Path, name: &str) -> Result<bool> {
    Ok(imports::packages(root)?.iter().any(|package| package.name == name))
}
