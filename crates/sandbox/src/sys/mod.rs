//! Owns every `unsafe` of the crate: the few system calls for which neither
//! `std` nor `rustix` has a safe wrapper. Each function is safe to call.
//!
//! It must not know what a sandbox is.

mod calls;
mod readable;
mod spawn;

pub(crate) use calls::{
    ForkResult, close_from, exit_now, fork, inherited_descriptor, keep_from_next_program,
    kill_all_of_this_user, landlock_abi, restrict_mount, unshare, wait_with_usage,
};
pub(crate) use readable::readable;
pub(crate) use spawn::{SpawnRequest, spawn};
