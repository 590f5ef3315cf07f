//! What is counted instead of recorded one by one: refusals before authentication, and requests of
//! principals whose share of the log is used up. Also the shares themselves.
//!
//! Everything is in memory and bounded. A restart forgets the day's shares, never a record.

use crate::limits::{MAX_COUNTED_PRINCIPALS, MAX_DAY_SOURCES, MAX_SOURCES, MIB};
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
    /// Sources of this day with a count of their own, each minute anew.
    day_sources: usize,
}

impl State {
    fn turn_to(&mut self, day: u64) {
        if self.day != day {
            self.day = day;
            self.used.clear();
            self.day_sources = 0;
        }
    }
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

/// Whom an address belongs to: one IPv6 customer has 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        address @ IpAddr::V4(_) => address,
    }
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
        state.turn_to(now.0 / DAY_MS);
        let before = state.counted.sources.len();
        let limit = if state.day_sources < MAX_DAY_SOURCES { MAX_SOURCES } else { 0 };
        *entry(&mut state.counted.sources, network(source), limit).entry(code.name()).or_default() += 1;
        state.day_sources += state.counted.sources.len() - before;
    }

    /// Takes `bytes` from the principal's share of the day. Over it, the request is refused and counted.
    pub(crate) fn charge(&self, now: UnixMillis, principal: &Principal, bytes: usize) -> Result<(), Refusal> {
        if self.day_bytes == u64::MAX {
            return Ok(());
        }
        let mut state = self.state(now);
        let day = now.0 / DAY_MS;
        state.turn_to(day);
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

#[cfg(test)]
mod tests {
    use super::{DAY_MS, MINUTE_MS, Sums};
    use crate::limits::{MAX_DAY_SOURCES, MAX_SOURCES};
    use domain::{RefusalCode, UnixMillis};
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    #[test]
    fn a_network_of_version_6_is_one_source() {
        let sums = Sums::new(0);
        for last in 0..5000u128 {
            let address = Ipv6Addr::from((0x2001_0db8_u128 << 96) | (last * 0x1_0000_0001));
            sums.refused(UnixMillis(0), IpAddr::V6(address), RefusalCode::Unauthenticated);
        }
        sums.refused(UnixMillis(0), "::ffff:192.0.2.1".parse().unwrap(), RefusalCode::Unauthenticated);
        let (_, counted) = sums.take_due(UnixMillis(MINUTE_MS), false).unwrap();
        let sources: Vec<_> = counted.sources.keys().flatten().map(ToString::to_string).collect();
        assert_eq!(counted.sources.len(), 2, "{sources:?}");
        assert!(sources.contains(&"2001:db8::".to_owned()) && sources.contains(&"192.0.2.1".to_owned()));
    }

    #[test]
    fn a_day_of_new_addresses_ends_in_a_common_count_and_the_next_day_does_not() {
        let sums = Sums::new(0);
        let (mut records, mut refusals, mut asked) = (0, 0, 0);
        for minute in 0..100 {
            for address in 0..2 * MAX_SOURCES as u32 {
                let source = Ipv4Addr::from_bits(minute * 10_000 + address);
                let now = UnixMillis(u64::from(minute) * MINUTE_MS);
                sums.refused(now, source.into(), RefusalCode::Unauthenticated);
                asked += 1;
            }
            let (_, counted) = sums.take_due(UnixMillis(0), true).unwrap();
            records += counted.sources.len();
            refusals += counted.sources.values().flat_map(|codes| codes.values()).sum::<u64>();
        }
        assert_eq!(refusals, asked, "every refusal is counted");
        assert!(records <= MAX_DAY_SOURCES + MAX_SOURCES + 100, "{records}");
        sums.refused(UnixMillis(DAY_MS), Ipv4Addr::LOCALHOST.into(), RefusalCode::Unauthenticated);
        let (_, counted) = sums.take_due(UnixMillis(DAY_MS), true).unwrap();
        assert!(counted.sources.contains_key(&Some(Ipv4Addr::LOCALHOST.into())));
    }
}
