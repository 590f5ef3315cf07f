//! Owns the test launcher as a process, and the look at the host around it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::Outcome;

/// No answer takes longer, whatever the attack does.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// What a killed tree may take to vanish.
pub const GONE_WITHIN: Duration = Duration::from_secs(1);
/// `nobody` on every Linux.
const ORDINARY_UID: &str = "65534";

/// A value that no sandbox may ever see, in the launcher's environment.
pub const ENVIRONMENT_SECRET: &str = "environment-secret-5f0c";

/// Who runs the engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Caller {
    Root,
    User,
    /// A user namespace that allows no further one: isolation is impossible.
    Confined,
    /// The same with leave to run without it.
    UnisolatedRootAlone,
    /// Root where isolation is impossible, and every user of the host is there, with leave to run without it.
    UnisolatedRoot,
    /// An ordinary user there, with the same leave.
    UnisolatedUser,
}

/// A running test launcher. Dropping it ends it.
pub struct Engine {
    pub caller: Caller,
    child: Child,
    requests: Option<ChildStdin>,
    answers: Receiver<String>,
}

impl Engine {
    pub fn start(caller: Caller) -> Engine {
        let is_root = rustix::process::geteuid().is_root();
        assert!(is_root, "these tests run as root, to run the engine as both: sudo -E cargo test -p sandbox");
        let mut command = command(caller);
        command.env("ENVIRONMENT_SECRET", ENVIRONMENT_SECRET).current_dir("/");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, answers) = channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Engine { caller, requests: child.stdin.take(), child, answers }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn is_root(&self) -> bool {
        matches!(self.caller, Caller::Root | Caller::UnisolatedRoot)
    }

    /// Sends a request without waiting.
    pub fn send(&mut self, request: &Value) {
        writeln!(self.requests.as_mut().unwrap(), "{request}").unwrap();
    }

    /// The next answer.
    pub fn answer(&mut self) -> Value {
        let line = self.answers.recv_timeout(ANSWER_WITHIN).expect("the engine answers");
        serde_json::from_str(&line).unwrap()
    }

    pub fn ask(&mut self, request: &Value) -> Value {
        self.send(request);
        self.answer()
    }

    /// Runs an order to its end.
    pub fn run(&mut self, spec: &Value) -> Outcome {
        Outcome::new(self.ask(&json!({ "run": spec })))
    }

    /// Kills the engine as the kernel's OOM killer would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Groups of sandboxes that this engine has made and not removed.
    pub fn groups(&self) -> Vec<PathBuf> {
        let prefix = format!("secure-mcp-sandbox-{}-", self.pid());
        let mut groups = Vec::new();
        for own in find_directories("/sys/fs/cgroup".into(), &prefix) {
            let entries = fs::read_dir(own).into_iter().flatten().flatten();
            groups.extend(entries.map(|entry| entry.path()).filter(|path| path.is_dir()));
        }
        groups
    }

    /// Processes whose parent is this engine.
    pub fn children(&self) -> Vec<u32> {
        let parent = format!("\nPPid:\t{}\n", self.pid());
        processes()
            .filter(|pid| {
                fs::read_to_string(format!("/proc/{pid}/status")).is_ok_and(|text| text.contains(&parent))
            })
            .collect()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.requests = None;
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline {
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The launcher is reached through a descriptor: an ordinary user can run it
/// so even where the build directory is closed to that user.
fn command(caller: Caller) -> Command {
    static BINARY: OnceLock<File> = OnceLock::new();
    let binary = BINARY.get_or_init(|| {
        let file = File::open(env!("CARGO_BIN_EXE_sandbox-test-launcher")).unwrap();
        rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
        file
    });
    let path = format!("/proc/self/fd/{}", binary.as_raw_fd());
    match caller {
        Caller::Root => Command::new(path),
        Caller::Confined | Caller::UnisolatedRootAlone => {
            let mut command = Command::new("unshare");
            let script = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$0\" \"$@\"";
            command.args(["--user", "--map-root-user", "sh", "-c", script, &path]);
            if caller == Caller::UnisolatedRootAlone {
                command.arg("unisolated");
            }
            command
        }
        Caller::UnisolatedRoot => unisolated(&path, "0"),
        Caller::UnisolatedUser => unisolated(&path, ORDINARY_UID),
        Caller::User => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", ORDINARY_UID, "--regid", ORDINARY_UID, "--clear-groups", &path]);
            command
        }
    }
}

/// In a user namespace with every user of the host and no leave for another
/// namespace: the setting belongs to the namespace, the host's stays.
fn unisolated(path: &str, uid: &str) -> Command {
    let mut command = Command::new("/usr/bin/python3");
    command.args(["-c", WITHOUT_NAMESPACES, path, uid]);
    command
}

/// Becomes the engine: a helper that stays outside writes the maps.
const WITHOUT_NAMESPACES: &str = r#"
import ctypes, os, sys
path, uid = sys.argv[1], int(sys.argv[2])
ready, done, me = os.pipe(), os.pipe(), os.getpid()
if os.fork() == 0:
    os.read(ready[0], 1)
    for kind in ("uid", "gid"):
        open(f"/proc/{me}/{kind}_map", "w").write("0 0 4294967295")
    os.write(done[1], b"x")
    os._exit(0)
if ctypes.CDLL(None).unshare(0x10000000) != 0: sys.exit("no user namespace")
os.write(ready[1], b"x"); os.read(done[0], 1); os.wait()
open("/proc/sys/user/max_user_namespaces", "w").write("0")
if uid:
    os.setgroups([]); os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
os.execv(path, [path, "unisolated"])
"#;

/// Host processes that have `token` in their command line.
pub fn processes_with(token: &str) -> Vec<u32> {
    processes()
        .filter(|pid| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(token)
        })
        .collect()
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Looks until `holds`; panics with `what` after `within`.
pub fn wait_until(what: &str, within: Duration, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + within;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Waits for the sandboxed process that has `token` in its command line.
pub fn wait_for_process(token: &str) {
    wait_until("the sandboxed process runs", Duration::from_secs(20), || !processes_with(token).is_empty());
}

pub fn wait_until_gone(token: &str) {
    wait_until("the tree is gone", GONE_WITHIN, || processes_with(token).is_empty());
}

/// Directories below `root` whose name begins with `prefix`.
pub fn find_directories(root: PathBuf, prefix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut queue = vec![root];
    while let Some(directory) = queue.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            if entry.file_name().to_string_lossy().starts_with(prefix) {
                found.push(entry.path());
            } else {
                queue.push(entry.path());
            }
        }
    }
    found
}

/// A word that is in no other process's command line.
pub fn unique_token(name: &str) -> String {
    format!("token-{name}-{}-{:?}", std::process::id(), thread::current().id()).replace(['(', ')'], "-")
}
