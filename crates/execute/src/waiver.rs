//! Leave to run one call without isolation: layer 2's answer, carried to the run.
//!
//! It says what policy says. Whether the operator wrote an override, and whether that still holds, is
//! the connector's to ask.

use crate::Begun;
use domain::{Refusal, RefusalCode};

/// Policy lets this call's caller run this tool without isolation.
///
/// Not `Clone`, not `Default`, not `Deserialize`; only [`Begun::waiver`] makes one.
#[derive(Debug, PartialEq, Eq)]
pub struct Waiver(());

impl Begun {
    /// Asks for `runInProcess`. Refuses with `isolation_unavailable` if person or client has no permit.
    pub fn waiver(&self) -> Result<Waiver, Refusal> {
        if authz::may_run_in_process(self.checked().permit()) {
            return Ok(Waiver(()));
        }
        Err(Refusal::new(
            RefusalCode::IsolationUnavailable,
            "this host cannot isolate, and policy has no permit for runInProcess",
        ))
    }
}
