//! Leave to run one call without isolation: layer 2's answer, carried to the run.
//!
//! It says what policy says. Whether the operator wrote an override, and whether that still holds, is
//! the connector's to ask.

use crate::{Begun, Isolation};
use domain::{Refusal, RefusalCode};
use std::sync::atomic::Ordering;

/// Policy lets this call's caller run this tool without isolation.
///
/// Not `Clone`, not `Default`, not `Deserialize`; only [`Begun::waiver`] makes one.
#[derive(Debug, PartialEq, Eq)]
pub struct Waiver(());

impl Begun {
    /// Asks for `runInProcess`. Refuses with `isolation_unavailable` if person or client has no permit.
    pub fn waiver(&self) -> Result<Waiver, Refusal> {
        if authz::may_run_in_process(self.checked().permit()) {
            self.waived.store(true, Ordering::Relaxed);
            return Ok(Waiver(()));
        }
        Err(Refusal::new(
            RefusalCode::IsolationUnavailable,
            "this host cannot isolate, and policy has no permit for runInProcess",
        ))
    }

    /// How a run that its deadline cut off was isolated, as far as that is known.
    pub(crate) fn isolation_when_cut_off(&self) -> Isolation {
        if self.waived.load(Ordering::Relaxed) {
            return Isolation::Waived {
                waiver: Waiver(()),
                detail: "none (override), ended at the deadline".into(),
            };
        }
        Isolation::Held { tier: self.manifest().isolation(), detail: "ended at the deadline".into() }
    }
}
