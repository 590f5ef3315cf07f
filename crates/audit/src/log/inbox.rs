//! The queue between the callers and the log's thread: bounded, and closed when the log is down.

use crate::limits::{MAX_OPEN_INTENTS, MAX_QUEUED_RECORDS};
use crate::note::VerifierKey;
use crate::record::Actor;
use crate::subjects::SubjectName;
use crate::tree::Hash;
use crate::{IntentReceipt, OutcomeReceipt, RecordReceipt};
use domain::{CallId, Refusal, RefusalCode, ToolName, UnixMillis};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// What the log takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Health {
    /// Everything.
    Up = 0,
    /// The disk is full: only the operator's own events, on the reserve.
    Full = 1,
    /// Nothing.
    Down = 2,
}

/// A call between its intent and its outcome.
#[derive(Clone, Debug)]
pub(crate) struct OpenCall {
    pub(crate) call: CallId,
    pub(crate) index: u64,
    pub(crate) tool: Option<ToolName>,
    pub(crate) actor: Option<Actor>,
}

/// Who hears of a record, and how.
pub(crate) enum Then {
    Nothing,
    Record(oneshot::Sender<Result<RecordReceipt, Refusal>>),
    Intent(oneshot::Sender<Result<IntentReceipt, Refusal>>, OpenCall),
    Outcome(oneshot::Sender<Result<OutcomeReceipt, Refusal>>, OpenCall),
    Abandoned(OpenCall, &'static str),
}

/// Which rules a record queues by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// A request's first record: refused when the queue is full.
    Call,
    /// The second record of a call: there is room for it since its intent was taken.
    Ending,
    /// An operator's own event: taken on the reserve too.
    Operator,
}

/// A record that waits for its place.
pub(crate) struct Pending {
    pub(crate) record: Vec<u8>,
    pub(crate) lane: Lane,
    pub(crate) then: Then,
}

/// A wish that is no record.
pub(crate) enum Command {
    /// Destroy a subject's key; the answer says whether there was one.
    Erase(SubjectName, mpsc::Sender<Result<bool, crate::AuditError>>),
    /// Drop the segments that hold nothing younger.
    Drop(UnixMillis, mpsc::Sender<Result<Option<crate::log::Dropped>, crate::AuditError>>),
    /// Change the key that signs; the answer names the old one and the new one.
    Rotate(mpsc::Sender<Result<(VerifierKey, VerifierKey), crate::AuditError>>),
}

#[derive(Default)]
struct State {
    records: VecDeque<Pending>,
    orphans: Vec<(OpenCall, &'static str)>,
    commands: Vec<Command>,
    /// Intents taken and not ended.
    open: usize,
    closing: bool,
}

/// What the thread takes out at once.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) records: Vec<Pending>,
    pub(crate) orphans: Vec<(OpenCall, &'static str)>,
    pub(crate) commands: Vec<Command>,
    /// Nothing will come after this.
    pub(crate) closing: bool,
}

/// The queue.
#[derive(Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    changed: Condvar,
    health: AtomicU8,
    halted: AtomicBool,
}

fn unavailable(health: Health) -> Refusal {
    let why = if health == Health::Full { "the audit log's disk is full" } else { "the audit log is down" };
    Refusal::new(RefusalCode::AuditUnavailable, why)
}

impl Inbox {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn health(&self) -> Health {
        match self.health.load(Ordering::Acquire) {
            0 => Health::Up,
            1 => Health::Full,
            _ => Health::Down,
        }
    }

    /// Takes no call any more.
    pub(crate) fn halt(&self) {
        self.halted.store(true, Ordering::Release);
    }

    /// True if a call's first record would be taken.
    pub(crate) fn takes_calls(&self) -> bool {
        self.health() == Health::Up && !self.halted.load(Ordering::Acquire)
    }

    /// Queues a record. A refused ending is not lost: its call is closed as abandoned.
    pub(crate) fn push(&self, pending: Pending) -> Result<(), Refusal> {
        let mut state = self.state();
        if let Err(refusal) = self.admit(&state, &pending) {
            if let Then::Outcome(_, open) = pending.then {
                state.orphans.push((open, "outcome not recorded"));
            }
            return Err(refusal);
        }
        if matches!(pending.then, Then::Intent(..)) {
            state.open += 1;
        }
        let was_empty = state.records.is_empty();
        state.records.push_back(pending);
        drop(state);
        if was_empty {
            self.changed.notify_one();
        }
        Ok(())
    }

    fn admit(&self, state: &State, pending: &Pending) -> Result<(), Refusal> {
        if state.closing {
            return Err(Refusal::new(RefusalCode::ShuttingDown, "the audit log is closed"));
        }
        match self.health() {
            Health::Up => {}
            Health::Full if pending.lane == Lane::Operator => {}
            health => return Err(unavailable(health)),
        }
        if pending.lane == Lane::Call && self.halted.load(Ordering::Acquire) {
            return Err(Refusal::new(RefusalCode::AuditUnavailable, "the audit log was halted"));
        }
        if pending.lane == Lane::Call && state.records.len() >= MAX_QUEUED_RECORDS {
            return Err(Refusal::new(RefusalCode::Busy, "too many records wait for the audit log"));
        }
        if matches!(pending.then, Then::Intent(..)) && state.open >= MAX_OPEN_INTENTS {
            return Err(Refusal::new(RefusalCode::Busy, "too many calls are running"));
        }
        Ok(())
    }

    /// Has a call closed as abandoned as soon as the log can. Never waits for the disk.
    pub(crate) fn orphan(&self, open: OpenCall, cause: &'static str) {
        self.state().orphans.push((open, cause));
        self.changed.notify_one();
    }

    pub(crate) fn command(&self, command: Command) -> bool {
        let mut state = self.state();
        if state.closing {
            return false;
        }
        state.commands.push(command);
        drop(state);
        self.changed.notify_one();
        true
    }

    /// `count` calls have ended.
    pub(crate) fn ended(&self, count: usize) {
        let mut state = self.state();
        state.open = state.open.saturating_sub(count);
    }

    /// Takes no more records; what is queued is still written.
    pub(crate) fn close(&self) {
        self.state().closing = true;
        self.changed.notify_one();
    }

    /// Waits until there is something to do or `patience` is over, and takes what fits one batch.
    pub(crate) fn take(&self, patience: Duration, max_records: usize, max_bytes: usize) -> Work {
        let deadline = Instant::now() + patience;
        let mut state = self.state();
        while state.records.is_empty() && state.commands.is_empty() && !state.closing {
            // Orphans of a log that is down wait for it; they must not keep the thread busy.
            if !state.orphans.is_empty() && self.health() == Health::Up {
                break;
            }
            let rest = deadline.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                break;
            }
            state = self.changed.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
        let mut work = Work::default();
        if self.health() == Health::Up {
            work.orphans = std::mem::take(&mut state.orphans);
        }
        work.commands = std::mem::take(&mut state.commands);
        let mut bytes = 0usize;
        while work.records.len() < max_records {
            let Some(next) = state.records.front() else { break };
            bytes += next.record.len();
            if bytes > max_bytes && !work.records.is_empty() {
                break;
            }
            work.records.extend(state.records.pop_front());
        }
        work.closing = state.closing && state.records.is_empty();
        work
    }

    /// Changes the health and returns the queued records that the log does not take any more.
    pub(crate) fn set_health(&self, health: Health) -> Vec<Pending> {
        let mut state = self.state();
        self.health.store(health as u8, Ordering::Release);
        let keep = |pending: &Pending| match health {
            Health::Up => true,
            Health::Full => pending.lane == Lane::Operator,
            Health::Down => false,
        };
        let (kept, refused): (Vec<_>, Vec<_>) =
            std::mem::take(&mut state.records).into_iter().partition(keep);
        state.records = kept.into();
        refused
    }

    /// Tells a caller that the record is not in the log.
    pub(crate) fn refuse(&self, pending: Pending) {
        let refusal = unavailable(self.health());
        // A caller that has gone away needs no answer.
        match pending.then {
            Then::Nothing => {}
            Then::Record(caller) => drop(caller.send(Err(refusal))),
            Then::Intent(caller, _) => {
                self.ended(1);
                drop(caller.send(Err(refusal)));
            }
            Then::Outcome(caller, open) => {
                self.orphan(open, "outcome not recorded");
                drop(caller.send(Err(refusal)));
            }
            Then::Abandoned(open, cause) => self.orphan(open, cause),
        }
    }
}

/// Where a record came to stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub(crate) index: u64,
    pub(crate) leaf: Hash,
}
