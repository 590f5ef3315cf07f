//! How each follower stands, for whoever watches. No name of a person is among it.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a follower gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Records.
    Exporter,
    /// Checkpoints.
    Witness,
}

impl Role {
    /// The word in numbers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Exporter => "exporter",
            Self::Witness => "witness",
        }
    }
}

/// One follower at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowerNumbers {
    /// Its name in the configuration.
    pub name: String,
    /// What it gets.
    pub role: Role,
    /// Records that it does not have yet.
    pub lag_records: u64,
    /// Records, or records under checkpoints, that it acknowledged in this run.
    pub acknowledged: u64,
    /// Attempts that came to nothing in this run.
    pub failures: u64,
}

#[derive(Debug)]
pub(crate) struct Counter {
    name: String,
    role: Role,
    /// Records that it has, as far as is known.
    position: AtomicU64,
    acknowledged: AtomicU64,
    failures: AtomicU64,
}

impl Counter {
    pub(crate) fn stands_at(&self, position: u64) {
        self.position.store(position, Ordering::Relaxed);
    }

    pub(crate) fn acknowledged(&self, records: u64) {
        self.acknowledged.fetch_add(records, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }
}

/// All followers.
#[derive(Debug, Default)]
pub struct Numbers(Vec<Counter>);

impl Numbers {
    pub(crate) fn of(names: impl Iterator<Item = (String, Role)>) -> Self {
        let counter = |(name, role)| Counter {
            name,
            role,
            position: AtomicU64::default(),
            acknowledged: AtomicU64::default(),
            failures: AtomicU64::default(),
        };
        Self(names.map(counter).collect())
    }

    pub(crate) fn counter(&self, at: usize) -> Option<&Counter> {
        self.0.get(at)
    }

    /// How they stand now that the log has `size` records.
    pub fn now(&self, size: u64) -> Vec<FollowerNumbers> {
        let read = |counter: &Counter| FollowerNumbers {
            name: counter.name.clone(),
            role: counter.role,
            lag_records: size.saturating_sub(counter.position.load(Ordering::Relaxed)),
            acknowledged: counter.acknowledged.load(Ordering::Relaxed),
            failures: counter.failures.load(Ordering::Relaxed),
        };
        self.0.iter().map(read).collect()
    }
}
