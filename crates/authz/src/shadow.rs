//! A second policy beside the one in force: it is told each decision that was made, and says what it would
//! have decided. It decides nothing, and no call waits for it.

use crate::basis::{Basis, PastDecision};
use crate::policy::Policy;
use crate::replay::{Replay, ReplayReport, decision_key};
use authn::Authenticated;
use domain::{Digest, Principal, ToolName};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Decisions that wait. A second of a busy server; about 1 KiB each.
const QUEUE: usize = 4_096;

/// A decision on its way.
struct Told {
    principal: Principal,
    tool: ToolName,
    /// As it is recorded.
    text: String,
}

/// A second policy, asked on a thread of its own until this is dropped.
pub struct Shadow {
    policy: Digest,
    queue: SyncSender<Told>,
    replay: Arc<Mutex<Replay>>,
    dropped: AtomicU64,
}

/// What the second policy would have decided so far.
#[derive(Clone, Debug)]
pub struct ShadowReport {
    /// The second policy.
    pub policy: Digest,
    /// What would change.
    pub found: ReplayReport,
    /// Decisions that it was not told of, since it was too far behind.
    pub dropped: u64,
}

impl Shadow {
    /// Starts to ask `policy`. An error if there is no thread for it.
    pub fn start(policy: Arc<Policy>) -> std::io::Result<Self> {
        let hash = policy.policy_hash();
        let replay = Arc::new(Mutex::new(Replay::new(policy)));
        let (queue, told) = sync_channel(QUEUE);
        let of_thread = Arc::clone(&replay);
        thread::Builder::new().name("policy-shadow".to_owned()).spawn(move || listen(&told, &of_thread))?;
        Ok(Self { policy: hash, queue, replay, dropped: AtomicU64::new(0) })
    }

    /// Tells a decision, if there is room.
    pub(crate) fn tell(&self, caller: &Authenticated, tool: &ToolName, basis: &Basis) {
        let told =
            Told { principal: caller.principal().clone(), tool: tool.clone(), text: basis.text(caller) };
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.queue.try_send(told) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What was found so far.
    pub fn report(&self) -> ShadowReport {
        let found = self.replay.lock().unwrap_or_else(PoisonError::into_inner).report();
        ShadowReport { policy: self.policy, found, dropped: self.dropped.load(Ordering::Relaxed) }
    }
}

/// Ends when the queue does.
fn listen(told: &Receiver<Told>, replay: &Mutex<Replay>) {
    let mut key = String::new();
    for Told { principal, tool, text } in told {
        let Principal { tenant, person, client } = &principal;
        let parts = [tenant.as_str(), person.as_str(), client.as_str(), tool.as_str(), &text];
        decision_key(&mut key, parts);
        let mut replay = replay.lock().unwrap_or_else(PoisonError::into_inner);
        replay.add(&key, || PastDecision::of_text(&principal, tool, &text));
    }
}
