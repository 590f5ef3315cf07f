//! One shell for a page: a variable that one command sets is there for the next.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The slowest command of a page takes four seconds; a loaded machine may take many times that.
const COMMAND_TIME: Duration = Duration::from_secs(120);

/// A running `sh`.
pub struct Shell {
    child: Child,
    to: ChildStdin,
    codes: Receiver<String>,
    printed: PathBuf,
}

impl Shell {
    /// A shell in `folder`; what its commands print goes through a file in `apart`.
    pub fn start(folder: &Path, apart: &Path) -> Self {
        let mut child = environment(&mut Command::new("sh"), folder, apart)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, codes) = channel();
        std::thread::spawn(move || {
            BufReader::new(from).lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
        });
        Self { child, to, codes, printed: apart.join("printed") }
    }

    /// Runs a command; gives its exit code and what it printed.
    pub fn run(&mut self, command: &str) -> Result<(i32, String), String> {
        let printed = self.printed.display();
        let line = format!("{{ {command}\n}} </dev/null >'{printed}' 2>&1 3>&-; echo $?\n");
        let told = self.to.write_all(line.as_bytes()).is_ok();
        let code = self.codes.recv_timeout(COMMAND_TIME).ok().filter(|_| told);
        let output = fs::read_to_string(&self.printed).unwrap_or_default();
        let code = code.and_then(|code| code.parse().ok());
        code.map(|code| (code, output.clone())).ok_or_else(|| format!("the shell gave no answer: {output}"))
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A newcomer's environment and nothing of the test's own; programs of `apart/bin` come first.
pub fn environment<'a>(command: &'a mut Command, folder: &Path, apart: &Path) -> &'a mut Command {
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", apart.join("bin").display());
    command.env_clear().env("PATH", path).env("HOME", folder).env("LANG", "C.UTF-8").current_dir(folder)
}
