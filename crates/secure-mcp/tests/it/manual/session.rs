//! A page's folder, its shell, and the servers that run beside it.

use super::page::Command as Typed;
use super::shell::{Shell, environment};
use crate::BINARY;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::free_port;

/// Quickstart's address in the pages; here it is one with a free port.
const ADDRESS: &str = "127.0.0.1:8443";

/// From a clone, the pages say; here the binary is there already.
const FROM_A_CLONE: &str = "cargo run --release -- ";

/// A start with its demonstration takes three seconds, an end less than one; a loaded machine may
/// take many times that.
const SERVER_TIME: Duration = Duration::from_secs(120);

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// Everything that it printed, in the order of a terminal.
    pub output: String,
}

/// A reader's first hour with one page.
pub struct Session {
    folder: TempDir,
    apart: TempDir,
    shell: Shell,
    port: u16,
    beside: Vec<(String, Child)>,
    last_call: Option<String>,
}

impl Session {
    pub fn new() -> Self {
        let (folder, apart) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(apart.path().join("bin")).unwrap();
        symlink(BINARY, apart.path().join("bin/secure-mcp")).unwrap();
        let shell = Shell::start(folder.path(), apart.path());
        Self { folder, apart, shell, port: free_port(), beside: Vec::new(), last_call: None }
    }

    /// A file of the page's folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a reader puts in the place of what the page says of another run: the port, the program,
    /// and the id of the newest call.
    fn typed(&self, text: &str) -> String {
        let mut text = text.replace(FROM_A_CLONE, "secure-mcp ").replace(ADDRESS, &self.address());
        if text.starts_with("secure-mcp quickstart") {
            text = format!("{text} --listen {}", self.address());
        }
        if let (Some(written), Some(own)) = (call_id(&text, "show "), &self.last_call) {
            text = text.replace(&written, own);
        }
        text
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The same for lines of an output.
    pub fn substituted(&self, lines: &[String]) -> Vec<String> {
        lines.iter().map(|line| line.replace(ADDRESS, &self.address())).collect()
    }

    /// Runs a command to its end, which has to be the one that the page promises.
    pub fn run(&mut self, command: &Typed) -> Result<Ended, String> {
        let (code, output) = self.shell.run(&self.typed(&command.text))?;
        if code != command.exit {
            return Err(format!("ends with {code}, the page says {}:\n{output}", command.exit));
        }
        self.last_call = call_id(&output, "call ").or_else(|| self.last_call.take());
        Ok(Ended { output })
    }

    /// Starts a server in another terminal and waits until it has printed `until`.
    pub fn start(&mut self, command: &Typed, until: &str) -> Result<Ended, String> {
        let printed = self.apart.path().join(format!("printed-{}", self.beside.len()));
        let log = fs::File::create(&printed).unwrap();
        let line = format!("exec {}", self.typed(&command.text));
        let child =
            environment(Command::new("sh").args(["-c", &line]), self.folder.path(), self.apart.path())
                .stdin(Stdio::null())
                .stdout(log.try_clone().unwrap())
                .stderr(log)
                .spawn()
                .unwrap();
        self.beside.push((command.text.clone(), child));
        let started = Instant::now();
        loop {
            let output = fs::read_to_string(&printed).unwrap_or_default();
            if output.lines().any(|line| line.starts_with(until)) {
                return Ok(Ended { output });
            }
            let child = &mut self.beside.last_mut().unwrap().1;
            if let Some(status) = child.try_wait().unwrap() {
                return Err(format!("ended with {status} in place of serving:\n{output}"));
            }
            if started.elapsed() > SERVER_TIME {
                return Err(format!("did not print `{until}` in time:\n{output}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ctrl-C, as it were: each server beside the page has to end well.
    fn end_servers(&mut self) -> Result<(), String> {
        for (command, mut child) in std::mem::take(&mut self.beside) {
            let told = testkit::send_signal("TERM", child.id());
            let asked = Instant::now();
            let status = loop {
                match child.try_wait().unwrap() {
                    Some(status) => break Some(status),
                    None if asked.elapsed() > SERVER_TIME => break None,
                    None => std::thread::sleep(Duration::from_millis(20)),
                }
            };
            let _ = child.kill();
            let _ = child.wait();
            if !told || !status.is_some_and(|status| status.success()) {
                return Err(format!("`{command}` did not end well after SIGTERM: {status:?}"));
            }
        }
        Ok(())
    }

    /// Ends what still runs.
    pub fn end(mut self) -> Result<(), String> {
        self.end_servers()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.end_servers();
    }
}

/// The last id of a call behind `word`: 26 signs.
fn call_id(text: &str, word: &str) -> Option<String> {
    let ids = text.split(word).skip(1).filter_map(|rest| {
        let id: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
        (id.len() == 26).then_some(id)
    });
    ids.last()
}
