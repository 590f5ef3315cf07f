//! The counters of one rule, by subject. Bounded: an idle subject gives its room to another.

use crate::counter::{Counter, day};
use crate::rule::{Rule, Subject};
use crate::stop::Stop;
use domain::{Digest, Secret, UnixMillis};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Subjects of one rule that are counted at once: about 30 MiB. Who uses a quota is kept for the day.
const MAX_SUBJECTS: usize = 65_536;

/// Between two looks for idle subjects: one look takes some milliseconds.
const SWEEP_EVERY_MS: u64 = 1000;

#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) rule: Arc<Rule>,
    room: usize,
    counters: RwLock<HashMap<Subject, Arc<Counter>>>,
    /// What the disk says of subjects that were not met since the start.
    stored: Mutex<Stored>,
    swept: Mutex<UnixMillis>,
}

#[derive(Debug, Default)]
pub(crate) struct Stored {
    pub(crate) day: u64,
    pub(crate) used: HashMap<Digest, [u64; 4]>,
}

impl Table {
    pub(crate) fn new(rule: Rule, stored: Stored) -> Self {
        Self::with_room(rule, stored, MAX_SUBJECTS)
    }

    pub(crate) fn with_room(rule: Rule, stored: Stored, room: usize) -> Self {
        Self {
            rule: Arc::new(rule),
            room,
            counters: RwLock::default(),
            stored: Mutex::new(stored),
            swept: Mutex::new(UnixMillis(0)),
        }
    }

    /// The subject's counter; a new one if it has none.
    pub(crate) fn counter(
        &self,
        subject: Subject,
        key: &Secret<[u8; 32]>,
        now: UnixMillis,
    ) -> Result<Arc<Counter>, Stop> {
        let known = self.counters.read().unwrap_or_else(PoisonError::into_inner).get(&subject).cloned();
        if let Some(counter) = known {
            return Ok(counter);
        }
        let mut counters = self.counters.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(counter) = counters.get(&subject) {
            return Ok(Arc::clone(counter));
        }
        if counters.len() >= self.room {
            self.sweep(&mut counters, now)?;
        }
        let pseudonym = subject.pseudonym(key.expose());
        let counter = Arc::new(Counter::new(&self.rule, pseudonym, self.used(pseudonym, now), now));
        counters.insert(subject, Arc::clone(&counter));
        Ok(counter)
    }

    /// What the subject used, and on which day: a clock that was set back does not renew the stored one.
    fn used(&self, pseudonym: Digest, now: UnixMillis) -> (u64, [u64; 4]) {
        let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        if stored.day < day(now) {
            *stored = Stored::default();
        }
        stored.used.remove(&pseudonym).map_or((day(now), [0; 4]), |used| (stored.day, used))
    }

    fn sweep(&self, counters: &mut HashMap<Subject, Arc<Counter>>, now: UnixMillis) -> Result<(), Stop> {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if now.0.saturating_sub(swept.0) < SWEEP_EVERY_MS {
            return Err(Stop::Crowded);
        }
        *swept = now;
        counters.retain(|_, counter| Arc::strong_count(counter) > 1 || !counter.is_idle(now));
        if counters.len() < self.room { Ok(()) } else { Err(Stop::Crowded) }
    }

    /// Every counter.
    pub(crate) fn all(&self) -> Vec<Arc<Counter>> {
        self.counters.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}
