//! A token bucket: a rate, and as much of it in one moment as the whole time allows.

use domain::UnixMillis;

/// Parts of one call: with so many, a second's and a minute's rate both refill by whole parts each millisecond.
const CALL: u64 = 60_000;

#[derive(Debug)]
pub(crate) struct Bucket {
    size: u64,
    /// Parts for each millisecond.
    refill: u64,
    level: u64,
    at: UnixMillis,
}

impl Bucket {
    /// Full, at the moment `now`.
    pub(crate) fn per_second(calls: u32, now: UnixMillis) -> Self {
        Self::of(calls, u64::from(calls) * (CALL / 1000), now)
    }

    /// Full, at the moment `now`.
    pub(crate) fn per_minute(calls: u32, now: UnixMillis) -> Self {
        Self::of(calls, u64::from(calls), now)
    }

    fn of(calls: u32, refill: u64, at: UnixMillis) -> Self {
        let size = u64::from(calls) * CALL;
        Self { size, refill, level: size, at }
    }

    /// A clock that was set back refills nothing.
    pub(crate) fn refill(&mut self, now: UnixMillis) {
        let passed = now.0.saturating_sub(self.at.0);
        self.level = self.level.saturating_add(passed.saturating_mul(self.refill)).min(self.size);
        self.at = now;
    }

    /// Milliseconds until there is room for a call; 0 if there is.
    pub(crate) const fn wait_ms(&self) -> u64 {
        CALL.saturating_sub(self.level).div_ceil(self.refill)
    }

    pub(crate) const fn take(&mut self) {
        self.level = self.level.saturating_sub(CALL);
    }

    /// A call that was not let pass for another reason.
    pub(crate) fn give_back(&mut self) {
        self.level = self.level.saturating_add(CALL).min(self.size);
    }

    pub(crate) const fn is_full(&self) -> bool {
        self.level == self.size
    }
}
