//! The counters of one subject under one rule. Everything that one call moves moves under one lock.

use crate::bucket::Bucket;
use crate::meter::{Empty, Meter};
use crate::rule::{Rule, UNITS};
use crate::stop::Stop;
use domain::{Digest, UnixMillis};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::QuotaRow;
use tokio::sync::Notify;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The day of a moment, counted from 1970-01-01 UTC.
pub(crate) const fn day(now: UnixMillis) -> u64 {
    now.0 / DAY_MS
}

#[derive(Debug)]
pub(crate) struct Counter {
    pub(crate) rule: Arc<Rule>,
    pseudonym: Digest,
    state: Mutex<State>,
    /// Wakes those who wait for the disk.
    pub(crate) written: Notify,
}

#[derive(Debug)]
struct State {
    second: Option<Bucket>,
    minute: Option<Bucket>,
    in_flight: u32,
    day: u64,
    meters: [Meter; 4],
    /// What the call that waits longest wants, so that the next write is enough for it.
    wanted: [u64; 4],
    is_queued: bool,
    has_failed: bool,
}

/// What a subject's counters say to a call.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It is counted.
    Taken([u64; 4]),
    /// It would be, but the disk does not know enough yet.
    Unwritten,
    /// It is not.
    Stopped(Stop),
}

impl Counter {
    /// `used` is what the disk says of a day, and of none before it.
    pub(crate) fn new(rule: &Arc<Rule>, pseudonym: Digest, used: (u64, [u64; 4]), now: UnixMillis) -> Self {
        let (day, used) = used;
        let mut meters = [Meter::default(); 4];
        for (meter, (limit, used)) in meters.iter_mut().zip(rule.quotas.limits().into_iter().zip(used)) {
            *meter = Meter::new(limit, used);
        }
        let state = State {
            second: rule.rates.per_second.map(|calls| Bucket::per_second(calls, now)),
            minute: rule.rates.per_minute.map(|calls| Bucket::per_minute(calls, now)),
            in_flight: 0,
            day,
            meters,
            wanted: [0; 4],
            is_queued: false,
            has_failed: false,
        };
        Self { rule: Arc::clone(rule), pseudonym, state: Mutex::new(state), written: Notify::new() }
    }

    /// Counts a call that uses up to `amounts`. The flag says that the counter has to be written.
    pub(crate) fn take(&self, amounts: [u64; 4], now: UnixMillis) -> (Answer, bool) {
        let state = &mut *self.state();
        state.turn(now);
        if let Some(stop) = state.stop(&self.rule, amounts, now) {
            return (Answer::Stopped(stop), false);
        }
        let is_written = state.meters.iter().zip(amounts).all(|(meter, amount)| meter.is_written_for(amount));
        if !is_written {
            for (wanted, amount) in state.wanted.iter_mut().zip(amounts) {
                *wanted = amount.max(*wanted);
            }
            if state.has_failed {
                state.has_failed = false;
                return (Answer::Stopped(Stop::Unwritable), state.queue());
            }
            return (Answer::Unwritten, state.queue());
        }
        state.buckets().for_each(Bucket::take);
        state.in_flight = state.in_flight.saturating_add(1);
        let mut shares = [0; 4];
        for (share, (meter, amount)) in shares.iter_mut().zip(state.meters.iter_mut().zip(amounts)) {
            *share = meter.reserve(amount);
        }
        let is_low = state.meters.iter().any(Meter::is_low);
        (Answer::Taken(shares), is_low && state.queue())
    }

    /// The call is over.
    pub(crate) fn settle(&self, shares: [u64; 4], spent: [u64; 4]) {
        let state = &mut *self.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        for (meter, (share, spent)) in state.meters.iter_mut().zip(shares.into_iter().zip(spent)) {
            meter.settle(share, spent);
        }
    }

    /// The call was not let pass by another rule: it never was.
    pub(crate) fn undo(&self, shares: [u64; 4]) {
        self.settle(shares, [0; 4]);
        self.state().buckets().for_each(Bucket::give_back);
    }

    /// What is to be written, a step ahead of what is used.
    pub(crate) fn row_ahead(&self) -> QuotaRow {
        let state = &mut *self.state();
        let wanted = std::mem::take(&mut state.wanted);
        let mut used = [0; 4];
        for (used, (meter, wanted)) in used.iter_mut().zip(state.meters.iter().zip(wanted)) {
            *used = meter.ahead(wanted);
        }
        self.row(state.day, used)
    }

    /// What is used and promised, if the disk does not say just that.
    pub(crate) fn row_exact(&self) -> Option<QuotaRow> {
        let state = self.state();
        let used = state.meters.map(|meter| meter.exact());
        let has_quota = self.rule.quotas.limits().iter().any(Option::is_some);
        has_quota.then(|| self.row(state.day, used))
    }

    fn row(&self, day: u64, used: [u64; 4]) -> QuotaRow {
        QuotaRow { rule: self.rule.name.clone(), subject: self.pseudonym, day, used }
    }

    /// `row` is on disk, or could not be written.
    pub(crate) fn note(&self, row: &QuotaRow, is_written: bool) {
        let state = &mut *self.state();
        state.is_queued = false;
        state.has_failed = !is_written;
        // A day that began meanwhile is not written yet.
        if is_written && row.day == state.day {
            for (meter, amount) in state.meters.iter_mut().zip(row.used) {
                meter.is_written(amount);
            }
        }
        self.written.notify_waiters();
    }

    /// Nothing would be lost with it.
    pub(crate) fn is_idle(&self, now: UnixMillis) -> bool {
        let state = &mut *self.state();
        state.turn(now);
        state.in_flight == 0
            && !state.is_queued
            && state.meters.iter().all(Meter::is_unused)
            && state.buckets().all(|bucket| bucket.is_full())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn buckets(&mut self) -> impl Iterator<Item = &mut Bucket> {
        self.second.iter_mut().chain(&mut self.minute)
    }

    /// The time goes on; a day that a clock set back comes to again is not renewed.
    fn turn(&mut self, now: UnixMillis) {
        self.buckets().for_each(|bucket| bucket.refill(now));
        if day(now) > self.day {
            self.day = day(now);
            self.meters.iter_mut().for_each(Meter::renew);
        }
    }

    fn stop(&self, rule: &Rule, amounts: [u64; 4], now: UnixMillis) -> Option<Stop> {
        let rates = [("requests_per_second", &self.second), ("requests_per_minute", &self.minute)];
        for (limit, bucket) in rates {
            let wait_ms = bucket.as_ref().map_or(0, Bucket::wait_ms);
            if wait_ms > 0 {
                return Some(Stop::Rate { limit, wait_ms });
            }
        }
        if rule.rates.concurrent.is_some_and(|most| self.in_flight >= most) {
            return Some(Stop::Concurrent);
        }
        let mut meters = UNITS.into_iter().zip(self.meters.iter().zip(amounts));
        meters.find_map(|(limit, (meter, amount))| match meter.look(amount) {
            Ok(()) => None,
            // A call that was let pass is a call: what is promised of this quota is used.
            Err(Empty::Promised) if limit != UNITS[0] => Some(Stop::Promised { limit }),
            Err(_) => {
                let wait_ms = ((self.day + 1) * DAY_MS).saturating_sub(now.0);
                Some(Stop::Quota { limit, wait_ms })
            }
        })
    }

    /// Puts the counter in the queue for the disk; false if it is in it.
    const fn queue(&mut self) -> bool {
        !std::mem::replace(&mut self.is_queued, true)
    }
}
