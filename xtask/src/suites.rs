//! Test suites that are not `cargo test`: other people's clients against the built server.
//!
//! A suite is a program of another language. It finds a running quickstart server and tokens in its
//! environment (`server.rs` says which variables) and ends with one line `N passed, N failed`. Each
//! gets a server of its own. A row here without its file is a failure, not a skip.

use crate::counts::Counts;
use crate::needs::Clients;
use crate::process::counted;
use crate::server::Server;
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// One suite.
pub struct Suite {
    /// What is tested, by whom.
    pub name: &'static str,
    /// The program, from the root of the workspace.
    pub program: &'static str,
    /// What runs it.
    pub by: Interpreter,
}

/// What runs a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpreter {
    /// The Python that has the official client.
    Python,
    /// The Node.js that goes with the official client.
    Node,
}

/// Every suite.
pub const SUITES: &[Suite] = &[
    Suite {
        name: "the official Python client",
        program: "tests/clients/python_client.py",
        by: Interpreter::Python,
    },
    Suite {
        name: "the official TypeScript client",
        program: "tests/clients/typescript_client.mjs",
        by: Interpreter::Node,
    },
];

/// Runs every suite against a new server of `binary`.
pub fn run(root: &Path, binary: &Path, clients: &Clients) -> Result<Counts> {
    let mut counts = Counts::default();
    for suite in SUITES {
        let server = Server::start(binary)?;
        let found = one(root, suite, &server.environment()?, clients)?;
        if found.failed > 0 {
            println!("--- the server said\n{}", server.output());
        }
        counts.add(found);
    }
    Ok(counts)
}

fn one(root: &Path, suite: &Suite, environment: &[(String, String)], clients: &Clients) -> Result<Counts> {
    let program = root.join(suite.program);
    if !program.is_file() {
        println!("FAILED  {}: {} is not there", suite.name, suite.program);
        return Ok(Counts { passed: 0, failed: 1 });
    }
    let mut command = match suite.by {
        Interpreter::Python => {
            let mut command = Command::new(&clients.python);
            command.arg(program);
            command
        }
        Interpreter::Node => {
            let mut command = Command::new(&clients.node);
            command.arg(beside_modules(&program, &clients.node_modules)?);
            command
        }
    };
    let environment = environment.iter().map(|(name, value)| (name, value));
    counted(suite.name, command.current_dir(root).envs(environment), Counts::of_suite_line)
}

/// Node.js looks for modules from the program's own folder upwards, so the program is copied there.
fn beside_modules(program: &Path, node_modules: &Path) -> Result<PathBuf> {
    let name = program.file_name().context("a suite has a name")?;
    let copy = node_modules.with_file_name(name);
    std::fs::copy(program, &copy).with_context(|| format!("cannot copy {}", program.display()))?;
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::{Clients, Interpreter, Suite, one};
    use crate::counts::Counts;
    use std::path::PathBuf;

    #[test]
    fn a_suite_gets_its_environment_and_a_missing_one_fails() {
        let root = tempfile::tempdir().unwrap();
        let script = "test \"$SECURE_MCP_URL\" = https://127.0.0.1:1/mcp && echo '2 passed, 0 failed'";
        std::fs::write(root.path().join("suite.sh"), script).unwrap();
        std::fs::create_dir(root.path().join("typescript")).unwrap();
        let shell = PathBuf::from("/bin/sh");
        let node_modules = root.path().join("typescript/node_modules");
        let clients = Clients { python: shell.clone(), node: shell, node_modules };
        let environment = [("SECURE_MCP_URL".to_owned(), "https://127.0.0.1:1/mcp".to_owned())];
        let run = |program, by| {
            one(root.path(), &Suite { name: "case", program, by }, &environment, &clients).unwrap()
        };
        assert_eq!(run("suite.sh", Interpreter::Python), Counts { passed: 2, failed: 0 });
        assert_eq!(run("suite.sh", Interpreter::Node), Counts { passed: 2, failed: 0 });
        assert_eq!(run("none.sh", Interpreter::Python), Counts { passed: 0, failed: 1 });
    }
}
