//! The log at work: a queue in front, one thread behind it, and the files.
//!
//! Callers make their records themselves and queue them; the thread gives them their places, writes
//! a batch, syncs once and wakes the callers. Nothing here knows why a record is written.

mod committer;
mod dropping;
mod erasing;
mod files;
mod inbox;
mod recovery;
mod restore;
mod rotating;
mod start;
mod sums;
#[cfg(test)]
mod tests;

pub(crate) use committer::start_thread;
pub use dropping::Dropped;
pub(crate) use files::{Published, Setup};
pub(crate) use inbox::{Command, Health, Inbox, Lane, OpenCall, Pending, Then};
pub(crate) use start::start;
pub(crate) use sums::Sums;

use crate::disk::SharedDisk;
use crate::layout::Layout;
use crate::numbers::Operations;
use crate::search::ActiveRows;
use crate::subjects::Subjects;
use domain::Clock;
use std::sync::{Arc, Mutex};

/// What the callers and the log's thread share.
pub(crate) struct Shared {
    pub(crate) inbox: Inbox,
    pub(crate) sums: Sums,
    pub(crate) subjects: Arc<Subjects>,
    pub(crate) published: Arc<Mutex<Published>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) origin: Arc<str>,
    pub(crate) disk: SharedDisk,
    pub(crate) layout: Layout,
    /// How many calls there were.
    pub(crate) operations: Operations,
    /// What the records of the segment that is being written can be found by.
    pub(crate) active_rows: Arc<Mutex<ActiveRows>>,
}
