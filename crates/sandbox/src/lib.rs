//! The sandbox engine: turns a [`SandboxSpec`] into an isolated process.
//!
//! It owns namespaces, mounts, system-call filters, cgroups and the death of
//! process trees, and it is the one door through which this house starts
//! processes. It knows no call, no person and no protocol. What it promises:
//!
//! - a run is isolated, or [`SandboxError::IsolationUnavailable`]; less is had only
//!   from [`Sandbox::run_unisolated`], and only of an engine set up for it;
//! - the whole tree dies with its deadline, its caller's future and its server;
//! - the server's memory does not grow with what a sandbox prints;
//! - whether limits are held by the kernel is said in every result.
//!
//! Needs Linux 5.12 with user namespaces open to everybody; from 5.14 on, the
//! processes of an ordinary user's sandbox are counted apart from that user's
//! own. Landlock and cgroups are used where they are. Unverified so far:
//! cgroup v2 (no machine with its controllers was at hand), the refusal of
//! Ubuntu's AppArmor, and processors other than x86-64.
//!
//! A program that uses this crate calls [`enter_if_child`] as the first line of
//! `main`: the launcher is the same binary, started again.

#![allow(
    clippy::disallowed_methods,
    reason = "this crate is the door for processes; it reads /proc and cgroup files and builds the sandbox's own file system"
)]

mod capabilities;
mod capture;
mod cgroup;
mod child;
mod confinement;
mod engine;
mod error;
mod launch;
mod leases;
mod limits;
mod long_lived;
mod reports;
mod result;
mod run;
mod runtimes;
mod spawner;
mod spec;
mod sys;
mod tree;
mod watchdog;
mod wire;

pub use capabilities::{Capabilities, CgroupSupport, Identity, Isolation, Unisolated};
pub use child::{LAUNCHER_NAME, enter_if_child};
pub use confinement::Confinement;
pub use engine::{DEFAULT_UID_RANGE, Sandbox, SandboxConfig, UidRange};
pub use error::SandboxError;
pub use limits::{
    DEFAULT_CPU_PERCENT, DEFAULT_CPU_TIME, DEFAULT_FILE_BYTES, DEFAULT_MEMORY_BYTES, DEFAULT_OPEN_FILES,
    DEFAULT_OUTPUT_BYTES, DEFAULT_PROCESSES, DEFAULT_TMP_BYTES, DEFAULT_TMP_INODES, DEFAULT_WALL_TIME,
    LimitName, Limits,
};
pub use long_lived::{LongLived, LongLivedEnd};
pub use result::{BACKEND, Enforcement, Exit, SandboxResult, Usage};
pub use runtimes::{Interpreter, Language, Runtimes};
pub use spec::{Access, DEFAULT_RUNTIME_DIRECTORIES, Lifetime, SandboxSpec, SharedDirectory, WORK_DIRECTORY};
