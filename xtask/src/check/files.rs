//! The files of the project: every text that somebody wrote.

use super::rust_source::{Texts, without_comments};
use anyhow::{Context as _, Result};
use std::path::Path;

/// Folders that hold what tools made or fetched.
const NOT_OURS: &[&str] = &["target", "node_modules", "secure-mcp-data", "__pycache__", "dist"];
/// Kinds of files that are looked at.
const KINDS: &[&str] = &[
    "rs",
    "toml",
    "md",
    "sh",
    "py",
    "ts",
    "js",
    "mjs",
    "json",
    "cedar",
    "cedarschema",
    "yml",
    "yaml",
    "txt",
    "stderr",
];
/// Texts that others wrote or tools write.
const NOT_WRITTEN_HERE: &[&str] = &["Cargo.lock", "LICENSE", "package-lock.json"];

/// One file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// From the root, with `/`.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// Compiled for tests only: a module that its parent declares behind `#[cfg(test)]`.
    pub only_for_tests: bool,
}

impl SourceFile {
    /// Whether the name ends in `.kind`.
    pub fn is(&self, kind: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|extension| extension == kind)
    }

    /// Whether it is never part of the product: tests, benches, and what stands beside the house.
    pub fn is_test(&self) -> bool {
        let beside = ["fuzz/", "tests/", "crates/testkit/", "crates/bench/"];
        let apart = ["tests", "benches", "examples", "tests.rs"];
        self.only_for_tests
            || beside.iter().any(|folder| self.path.starts_with(folder))
            || self.path.split('/').any(|part| apart.contains(&part))
    }
}

/// Every written file under `root`, sorted by path.
pub fn of_project(root: &Path) -> Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    walk(root, root, &mut files)?;
    files.sort_by(|left, right| left.path.cmp(&right.path));
    mark_test_modules(&mut files);
    Ok(files)
}

/// A module behind `#[cfg(test)]` is one for its whole tree.
fn mark_test_modules(files: &mut [SourceFile]) {
    let declared: Vec<String> = files.iter().filter(|file| file.is("rs")).flat_map(test_modules).collect();
    for file in files {
        file.only_for_tests = declared.iter().any(|module| {
            let rest = file.path.strip_prefix(module.as_str());
            rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        });
    }
}

/// The paths, without `.rs`, of the modules that `file` declares for tests.
fn test_modules(file: &SourceFile) -> Vec<String> {
    let code = without_comments(&file.text, Texts::Blanked);
    let folder = match file.path.rsplit_once('/') {
        Some((folder, "lib.rs" | "main.rs" | "mod.rs")) => folder.to_owned(),
        _ => file.path.trim_end_matches(".rs").to_owned(),
    };
    let behind = code.split("#[cfg(test)]").skip(1);
    let names = behind
        .filter_map(|rest| rest.split(['{', ';']).next()?.split_once("mod ").map(|(_, name)| name.trim()));
    names.map(|name| format!("{folder}/{name}")).collect()
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<SourceFile>) -> Result<()> {
    let read = || format!("cannot read {}", folder.display());
    for entry in std::fs::read_dir(folder).with_context(read)? {
        let entry = entry.with_context(read)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        let kind = entry.file_type().with_context(read)?;
        if kind.is_dir() {
            let hidden = name.starts_with('.') && name != ".ci" && name != ".cargo";
            if !hidden && !NOT_OURS.contains(&name.as_str()) {
                walk(root, &path, files)?;
            }
        } else if kind.is_file() && is_written(&name, &path) {
            let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let shown = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.push(SourceFile {
                path: shown,
                text: String::from_utf8_lossy(&bytes).into_owned(),
                only_for_tests: false,
            });
        }
    }
    Ok(())
}

fn is_written(name: &str, path: &Path) -> bool {
    let known = path.extension().and_then(|kind| kind.to_str()).is_some_and(|kind| KINDS.contains(&kind));
    let in_ci = path.parent().and_then(Path::file_name).is_some_and(|folder| folder == ".ci");
    (known || in_ci) && !NOT_WRITTEN_HERE.contains(&name)
}
