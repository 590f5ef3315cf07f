//! Owns when a running statement ends early: deadline, cancel, and bytes spilled to temporary files.

use crate::limits::{MAX_SPILL_BYTES, STEPS_PER_LOOK};
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

/// Between two looks at what was spilled: at 1 GB/s, 20 MB.
const SPILL_LOOK: Duration = Duration::from_millis(20);

const RUNNING: u8 = 0;
const CANCELLED: u8 = 1;
const LATE: u8 = 2;
const SPILLED: u8 = 3;

/// Why a statement was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// Nobody waits for it any more.
    Cancelled,
    /// The deadline passed.
    Late,
    /// It wrote too much into temporary files.
    Spilled,
}

/// Shared between the one who waits and the thread that runs.
#[derive(Debug)]
pub(crate) struct Stop {
    deadline: Instant,
    state: AtomicU8,
}

impl Stop {
    pub(crate) fn at(deadline: Instant) -> Arc<Self> {
        Arc::new(Self { deadline, state: AtomicU8::new(RUNNING) })
    }

    /// Ends the statement at its next look.
    pub(crate) fn cancel(&self) {
        self.end(CANCELLED);
    }

    /// Why the statement was ended; `None` if it was not.
    pub(crate) fn why(&self) -> Option<Stopped> {
        match self.state.load(Ordering::Relaxed) {
            CANCELLED => Some(Stopped::Cancelled),
            LATE => Some(Stopped::Late),
            SPILLED => Some(Stopped::Spilled),
            _ => None,
        }
    }

    /// The first reason stays.
    fn end(&self, reason: u8) {
        let _ = self.state.compare_exchange(RUNNING, reason, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Puts the look on `connection`. To be called on the thread that will run the statement.
    pub(crate) fn watch(self: &Arc<Self>, connection: &mut Connection) -> rusqlite::Result<()> {
        let stop = Arc::clone(self);
        let mut spill = Spill { at_first: None, looked: Instant::now() };
        connection.progress_handler(STEPS_PER_LOOK, Some(move || stop.look(&mut spill)))
    }

    fn look(&self, spill: &mut Spill) -> bool {
        let now = Instant::now();
        if now >= self.deadline {
            self.end(LATE);
        }
        if spill.is_too_much(now) {
            self.end(SPILLED);
        }
        self.why().is_some()
    }
}

/// What the thread wrote since the first look at it. The source is open for reading only, so all of
/// it went into temporary files. A statement that ends before the first look pays nothing.
struct Spill {
    at_first: Option<u64>,
    looked: Instant,
}

impl Spill {
    /// Where the kernel does not count written bytes, the deadline alone bounds them.
    fn is_too_much(&mut self, now: Instant) -> bool {
        if now.duration_since(self.looked) < SPILL_LOOK {
            return false;
        }
        self.looked = now;
        let Some(written) = written_by_this_thread() else { return false };
        written.saturating_sub(*self.at_first.get_or_insert(written)) > MAX_SPILL_BYTES
    }
}

/// Bytes. `proc(5)`, `/proc/pid/io`, `wchar`.
fn written_by_this_thread() -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "a counter of this thread, not a file of anybody's")]
    let counters = std::fs::read_to_string("/proc/thread-self/io").ok()?;
    counters.lines().find_map(|line| line.strip_prefix("wchar: "))?.trim().parse().ok()
}
