//! The sandbox from outside: every attack beside a benign twin that succeeds in
//! the same kind of sandbox, as root and as an ordinary user.
//!
//! Each test starts the test launcher as a process of its own and looks at the
//! host for what the attack wanted to change there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails, and says where"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "tests start processes, open sockets and read files on purpose"
)]

mod calls;
mod deaths;
mod engine;
mod files;
mod network;
mod processes;
mod program;
mod resources;
mod runs;
mod unisolated;

/// Makes each function a test as root and a test as an ordinary user.
macro_rules! as_root_and_as_user {
    ($($name:ident),* $(,)?) => {
        mod as_root {
            $(#[test] fn $name() { super::$name(&mut crate::engine::Engine::start(crate::engine::Caller::Root)); })*
        }
        mod as_user {
            $(#[test] fn $name() { super::$name(&mut crate::engine::Engine::start(crate::engine::Caller::User)); })*
        }
    };
}
pub(crate) use as_root_and_as_user;
