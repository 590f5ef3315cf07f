//! Signals to processes of a test.

use std::process::Command;

/// Sends `SIG<name>` to a process; false if there is none. By the shell: a small Debian has no program `kill`.
pub fn send_signal(name: &str, pid: u32) -> bool {
    let told = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &pid.to_string()]).status();
    told.unwrap().success()
}
