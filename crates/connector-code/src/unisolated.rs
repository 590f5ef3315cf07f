//! The operator's override `no_isolation`: until when code may run although the host cannot isolate it.

use domain::{Clock, Refusal, RefusalCode, UnixMillis};
use std::sync::Arc;

/// An override that is written in the configuration. Whether it holds is asked at each call.
#[derive(Clone)]
pub struct NoIsolation {
    /// The first moment at which it does not hold any more.
    pub expires: UnixMillis,
    /// The same for people, as it was written (`2026-12-01`).
    pub until: String,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
}

impl NoIsolation {
    /// Refuses with `isolation_unavailable` once the override is over.
    pub(crate) fn holds(&self) -> Result<(), Refusal> {
        if self.clock.now() < self.expires {
            return Ok(());
        }
        Err(Refusal::new(
            RefusalCode::IsolationUnavailable,
            format!("this host cannot isolate, and the override no_isolation ended ({})", self.until),
        ))
    }

    /// What reply and records say of a run under it.
    pub(crate) fn detail(&self, limits: &str) -> String {
        format!("none (override no_isolation until {}), limits: {limits}", self.until)
    }
}
