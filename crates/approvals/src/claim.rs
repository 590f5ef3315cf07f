//! An approval that one call has taken.

use domain::CallId;
use store::{ApprovalState, Store};
use tokio::runtime::Handle;

/// The right to run one approved call. Linear: given back when dropped, unless [`Claim::hold`] came first.
///
/// INVARIANT: the claim is committed before the intent is written, and called used only when the
/// intent is on disk. In between it stays a claim: the next start reads the log and settles it, so a
/// call runs at most once.
#[derive(Debug)]
pub struct Claim {
    id: String,
    call: CallId,
    store: Store,
    when_dropped: Option<ApprovalState>,
}

impl Claim {
    pub(crate) const fn new(id: String, call: CallId, store: Store) -> Self {
        Self { id, call, store, when_dropped: Some(ApprovalState::Granted) }
    }

    /// The approval's name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// From now on the intent may be on disk: the approval is not given back any more.
    pub fn hold(&mut self) {
        self.when_dropped = None;
    }

    /// The intent is on disk: the approval is used.
    pub fn spend(mut self) {
        self.when_dropped = Some(ApprovalState::Consumed);
    }

    /// The intent is certainly not in the log: the approval is free again.
    pub fn release(mut self) {
        self.when_dropped = Some(ApprovalState::Granted);
    }
}

impl Drop for Claim {
    /// Written behind the call's back; if the write is lost, the next start reads the log instead.
    fn drop(&mut self) {
        let (Some(state), Ok(runtime)) = (self.when_dropped, Handle::try_current()) else { return };
        let (store, call) = (self.store.clone(), self.call);
        runtime.spawn(async move {
            if let Err(error) = store.settle_claim(call, state).await {
                tracing::warn!(%error, %call, "a claim is left for the next start to settle");
            }
        });
    }
}
