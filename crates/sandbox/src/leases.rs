//! Owns the host uids that sandboxes of a root server run under: one each, so
//! that no two of them can touch each other by being the same user.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::UidRange;

/// The free and the taken uids of one range.
#[derive(Debug)]
pub(crate) struct Uids {
    range: UidRange,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    offsets: BTreeSet<u32>,
    /// Where the search starts: a uid just given back is used again last.
    next: u32,
}

/// One uid for one sandbox; given back when dropped.
#[derive(Debug)]
pub(crate) struct UidLease {
    uids: Arc<Uids>,
    offset: u32,
}

impl Uids {
    /// All of `range` free. `start` spreads servers that share one range.
    pub(crate) fn new(range: UidRange, start: u32) -> Arc<Self> {
        let next = start.checked_rem(range.count).unwrap_or(0);
        Arc::new(Uids { range, taken: Mutex::new(Taken { offsets: BTreeSet::new(), next }) })
    }

    /// A free uid, or none if all are taken.
    pub(crate) fn lease(self: &Arc<Self>) -> Option<UidLease> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, next) = (self.range.count, taken.next);
        let offset = (next..count).chain(0..next).find(|offset| !taken.offsets.contains(offset))?;
        taken.offsets.insert(offset);
        taken.next = (offset + 1).checked_rem(count).unwrap_or(0);
        Some(UidLease { uids: Arc::clone(self), offset })
    }
}

impl UidLease {
    pub(crate) fn uid(&self) -> u32 {
        self.uids.range.first.saturating_add(self.offset)
    }
}

impl Drop for UidLease {
    fn drop(&mut self) {
        let mut taken = self.uids.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.offsets.remove(&self.offset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uids(count: u32, start: u32) -> Arc<Uids> {
        Uids::new(UidRange { first: 2_000_000_000, count }, start)
    }

    #[test]
    fn every_running_sandbox_has_another_uid() {
        let uids = uids(3, 1);
        let leases: Vec<_> = (0..3).filter_map(|_| uids.lease()).collect();
        let taken: Vec<u32> = leases.iter().map(UidLease::uid).collect();
        assert_eq!(taken, [2_000_000_001, 2_000_000_002, 2_000_000_000]);
        assert!(uids.lease().is_none());
    }

    #[test]
    fn dropped_lease_is_free_again_and_used_last() {
        let uids = uids(2, 0);
        drop(uids.lease());
        assert_eq!(uids.lease().map(|lease| lease.uid()), Some(2_000_000_001));
    }
}
