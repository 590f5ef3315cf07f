//! What is counted instead of recorded one by one: refusals before authentication, and requests of
//! principals whose share of the log is used up. Also the shares themselves.
//!
//! Everything is in memory and bounded. A restart forgets the day's shares, never a record.

use crate::limits::{MAX_COUNTED_PRINCIPALS, MAX_SOURCES, MIB};
use domain::{Principal, Refusal, RefusalCode, UnixMillis};
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

/// The counts.
pub(crate) struct Sums {
    state: Mutex<State>,
    day_bytes: u64,
}

#[derive(Default)]
struct State {
    minute: u64,
    counted: Counted,
    day: u64,
    used: HashMap<Option<Principal>, u64>,
}

/// A minute's counts; `None` collects those beyond the limit on names.
#[derive(Default)]
pub(crate) struct Counted {
    pub(crate) sources: HashMap<Option<IpAddr>, BTreeMap<&'static str, u64>>,
    pub(crate) over_quota: HashMap<Option<Principal>, u64>,
}

impl Counted {
    fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.over_quota.is_empty()
    }
}

/// The entry of `name`, or the common one once there are `limit` names.
fn entry<K: Hash + Eq, V: Default>(map: &mut HashMap<Option<K>, V>, name: K, limit: usize) -> &mut V {
    let name = Some(name);
    let name = if map.len() < limit || map.contains_key(&name) { name } else { None };
    map.entry(name).or_default()
}

impl Sums {
    pub(crate) fn new(mib_per_day: u64) -> Self {
        let day_bytes = if mib_per_day == 0 { u64::MAX } else { mib_per_day.saturating_mul(MIB) };
        Self { state: Mutex::default(), day_bytes }
    }

    fn state(&self, now: UnixMillis) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.counted.is_empty() {
            state.minute = now.0 / MINUTE_MS;
        }
        state
    }

    /// Counts a refusal before authentication.
    pub(crate) fn refused(&self, now: UnixMillis, source: IpAddr, code: RefusalCode) {
        let mut state = self.state(now);
        *entry(&mut state.counted.sources, source, MAX_SOURCES).entry(code.name()).or_default() += 1;
    }

    /// Takes `bytes` from the principal's share of the day. Over it, the request is refused and counted.
    pub(crate) fn charge(&self, now: UnixMillis, principal: &Principal, bytes: usize) -> Result<(), Refusal> {
        if self.day_bytes == u64::MAX {
            return Ok(());
        }
        let mut state = self.state(now);
        let day = now.0 / DAY_MS;
        if state.day != day {
            state.day = day;
            state.used.clear();
        }
        let used = entry(&mut state.used, principal.clone(), MAX_COUNTED_PRINCIPALS);
        let after = used.saturating_add(bytes as u64);
        if after <= self.day_bytes {
            *used = after;
            return Ok(());
        }
        *entry(&mut state.counted.over_quota, principal.clone(), MAX_SOURCES) += 1;
        let renews = (day + 1) * DAY_MS - now.0;
        Err(Refusal::new(RefusalCode::QuotaExhausted, "the principal's share of the audit log is used up")
            .with_limit("audit.per_principal_mib_day")
            .with_retry_after_ms(renews))
    }

    /// The counts of a minute that is over, and when it began.
    pub(crate) fn take_due(&self, now: UnixMillis, even_unfinished: bool) -> Option<(UnixMillis, Counted)> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let due = even_unfinished || now.0 / MINUTE_MS > state.minute;
        if state.counted.is_empty() || !due {
            return None;
        }
        Some((UnixMillis(state.minute * MINUTE_MS), std::mem::take(&mut state.counted)))
    }

    /// The day that an address is refused on; its key is the day's.
    pub(crate) const fn day_of(time: UnixMillis) -> u64 {
        time.0 / DAY_MS
    }
}
