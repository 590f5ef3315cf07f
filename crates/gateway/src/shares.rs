//! What one principal holds of the gateway, and what all of them hold together.
//!
//! A principal who has what it may have waits for itself, unread, and stands in nobody's way.

use crate::Limits;
use domain::Principal;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Principals that are remembered before those who hold nothing are forgotten.
const MAX_IDLE: usize = 4096;

/// What a message may have without being counted: two reads of its socket.
pub(crate) const FREE_BYTES: u64 = 4 * 1024;

/// Bytes are counted in these.
const UNIT_BYTES: u64 = 1024;

/// Everybody's shares.
pub(crate) struct Shares {
    limits: Limits,
    all_bytes: Arc<Semaphore>,
    holders: Mutex<HashMap<Principal, Arc<Holder>>>,
}

impl Shares {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, all_bytes: units_of(limits.bytes), holders: Mutex::default() }
    }

    pub(crate) fn of(&self, principal: &Principal) -> Arc<Holder> {
        let mut holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = holders.get(principal) {
            return Arc::clone(known);
        }
        if holders.len() >= MAX_IDLE {
            holders.retain(|_, known| Arc::strong_count(known) > 1 || !known.holds_nothing());
        }
        let limits = self.limits;
        let new = Arc::new(Holder {
            limits,
            sockets: Arc::new(Semaphore::new(limits.principal_sockets)),
            pending: Arc::new(Semaphore::new(limits.principal_pending)),
            running: Arc::new(Semaphore::new(limits.principal_running)),
            bytes: units_of(limits.principal_bytes),
            all_bytes: Arc::clone(&self.all_bytes),
        });
        holders.insert(principal.clone(), Arc::clone(&new));
        new
    }
}

/// One principal's share.
pub(crate) struct Holder {
    limits: Limits,
    sockets: Arc<Semaphore>,
    pending: Arc<Semaphore>,
    running: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    all_bytes: Arc<Semaphore>,
}

/// A part of a share, given back when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Room(Vec<OwnedSemaphorePermit>);

impl Room {
    pub(crate) fn add(&mut self, more: Self) {
        self.0.extend(more.0);
    }
}

impl Holder {
    /// Room for one more socket, if there is any.
    pub(crate) fn socket(&self) -> Option<Room> {
        Some(Room(vec![Arc::clone(&self.sockets).try_acquire_owned().ok()?]))
    }

    /// Room for one more request that was read, if there is any.
    pub(crate) fn pending(&self) -> Option<Room> {
        Some(Room(vec![Arc::clone(&self.pending).try_acquire_owned().ok()?]))
    }

    /// Waits for room to run.
    pub(crate) async fn run(&self) -> Room {
        Room(Arc::clone(&self.running).acquire_owned().await.into_iter().collect())
    }

    /// Waits for room for `bytes` of a message: of the principal's own first, then of everybody's.
    pub(crate) async fn message(&self, bytes: u64) -> Room {
        if bytes <= FREE_BYTES {
            return Room::default();
        }
        let units = u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX);
        let own = Arc::clone(&self.bytes).acquire_many_owned(units).await;
        let all = Arc::clone(&self.all_bytes).acquire_many_owned(units).await;
        Room(own.into_iter().chain(all).collect())
    }

    fn holds_nothing(&self) -> bool {
        self.sockets.available_permits() == self.limits.principal_sockets
            && self.pending.available_permits() == self.limits.principal_pending
            && self.running.available_permits() == self.limits.principal_running
            && self.bytes.available_permits() == count(self.limits.principal_bytes)
    }
}

fn units_of(bytes: u64) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(count(bytes)))
}

fn count(bytes: u64) -> usize {
    usize::try_from(bytes / UNIT_BYTES).unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS)
}

/// The share of somebody under `limits`.
#[cfg(test)]
pub(crate) fn holder(limits: Limits) -> Arc<Holder> {
    Shares::new(limits).of(&Principal {
        tenant: "acme".parse().unwrap(),
        person: "ana".parse().unwrap(),
        client: "desk".parse().unwrap(),
    })
}
