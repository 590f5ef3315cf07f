//! One quota of one day: what is used, what calls under way may still use, and what the disk says.
//!
//! INVARIANT: before a call runs, the disk says at least what will be used when it has run. So a kill can
//! only take from the caller, never give.

/// A quota is written ahead in steps of this part of it: a kill costs at most so much, and a caller who
/// uses all of it at once waits for the disk about as often.
const STEPS: u64 = 64;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Meter {
    limit: Option<u64>,
    used: u64,
    reserved: u64,
    durable: u64,
}

/// Why nothing more is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Empty {
    /// The day's quota is used.
    Used,
    /// Calls under way may use what is left of it.
    Promised,
}

impl Meter {
    /// A quota of which the disk says that `used` is used.
    pub(crate) const fn new(limit: Option<u64>, used: u64) -> Self {
        Self { limit, used, reserved: 0, durable: used }
    }

    /// The next day: nothing is used, and the disk does not know of the day yet.
    pub(crate) const fn renew(&mut self) {
        self.used = 0;
        self.durable = 0;
    }

    /// Whether a call that uses up to `amount` may run.
    pub(crate) fn look(&self, amount: u64) -> Result<(), Empty> {
        match self.limit {
            Some(limit) if amount > 0 && self.used >= limit => Err(Empty::Used),
            Some(limit) if amount > 0 && self.used + self.reserved >= limit => Err(Empty::Promised),
            _ => Ok(()),
        }
    }

    /// What such a call would reserve: its bound, or what is left.
    fn share(&self, amount: u64) -> u64 {
        self.limit.map_or(0, |limit| amount.min(limit.saturating_sub(self.used + self.reserved)))
    }

    /// Whether the disk knows enough for such a call.
    pub(crate) fn is_written_for(&self, amount: u64) -> bool {
        self.used + self.reserved + self.share(amount) <= self.durable || self.share(amount) == 0
    }

    /// Reserves for such a call.
    pub(crate) fn reserve(&mut self, amount: u64) -> u64 {
        let share = self.share(amount);
        self.reserved += share;
        share
    }

    /// A call is over: it had reserved `share` and used `spent`.
    pub(crate) const fn settle(&mut self, share: u64, spent: u64) {
        self.reserved = self.reserved.saturating_sub(share);
        if self.limit.is_some() {
            self.used = self.used.saturating_add(spent);
        }
    }

    /// Whether it is time to write further ahead.
    pub(crate) fn is_low(&self) -> bool {
        self.limit.is_some_and(|limit| {
            self.durable < limit && self.used + self.reserved + step(limit) / 2 >= self.durable
        })
    }

    /// What the disk should say next if a call of `amount` waits: enough for it, and a step ahead.
    pub(crate) fn ahead(&self, amount: u64) -> u64 {
        let taken = self.used + self.reserved;
        match self.limit {
            None => 0,
            Some(limit) => (taken + self.share(amount) + step(limit)).min(limit).max(taken).max(self.durable),
        }
    }

    /// What is used and promised, without anything ahead.
    pub(crate) const fn exact(&self) -> u64 {
        self.used + self.reserved
    }

    pub(crate) const fn is_written(&mut self, amount: u64) {
        self.durable = amount;
    }

    pub(crate) const fn is_unused(&self) -> bool {
        self.used == 0 && self.reserved == 0
    }
}

fn step(limit: u64) -> u64 {
    (limit / STEPS).max(1)
}
