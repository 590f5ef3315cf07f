//! Owns everything that runs after the server's binary is started again as the
//! sandbox's launcher. Three processes, each single-threaded:
//!
//! 1. the *launcher* (`launcher`) gives up the host's identity, leaves its
//!    namespaces and stays outside to watch the server and report;
//! 2. *PID 1* (`init`) builds the file system and reaps;
//! 3. the *program* (`program`) is confined and then executed.
//!
//! Without isolation the same three: the launcher leaves nothing, `folder` stands
//! in for the file system, and launcher and `init` guard each other, since no
//! namespace ends the tree with its first process.
//!
//! It must not know the server's types: it sees an order and writes reports.

use std::ffi::CStr;
use std::os::unix::ffi::OsStrExt;

mod descendants;
mod failure;
mod folder;
mod identity;
mod init;
mod landlock;
mod launcher;
mod mounts;
mod program;
mod root;
mod seccomp;
mod syscalls;
mod tasks;

pub(crate) use seccomp::is_supported as seccomp_is_supported;

/// The name (`argv[0]`) under which the binary is the launcher.
pub const LAUNCHER_NAME: &CStr = c"secure-mcp-sandbox";

/// Where the launcher finds the socket to the server.
pub(crate) const CONTROL_DESCRIPTOR: i32 = 3;
/// Where the launcher finds its order.
pub(crate) const ORDER_DESCRIPTOR: i32 = 4;

/// Becomes the launcher, and never returns, if this process was started as one;
/// otherwise returns at once.
///
/// The first line of `main`: before a runtime, a thread, the environment or the
/// configuration exist, so that the launcher carries nothing of them.
pub fn enter_if_child() {
    if std::env::args_os().next().is_some_and(|name| name.as_bytes() == LAUNCHER_NAME.to_bytes()) {
        launcher::launch();
    }
}
