//! One call that was let pass, until it is over.

use crate::Limits;
use crate::counter::Counter;
use crate::rule::Bound;
use domain::{Refusal, ResourceName, ToolName};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The room that one call has under the rules. It is given back, and what was used is counted, when the
/// admission is dropped, whatever became of the call.
#[derive(Debug)]
pub struct Admission {
    limits: Limits,
    tool: ToolName,
    bound: Bound,
    shares: Vec<Share>,
    spent: Bound,
    running_since: Option<Instant>,
}

/// The room under one rule.
#[derive(Debug)]
pub(crate) struct Share {
    pub(crate) counter: Arc<Counter>,
    pub(crate) reserved: [u64; 4],
}

impl Admission {
    pub(crate) fn new(limits: Limits, tool: ToolName, bound: Bound) -> Self {
        Self { limits, tool, bound, shares: Vec::new(), spent: Bound::default(), running_since: None }
    }

    pub(crate) fn add(&mut self, share: Share) {
        self.shares.push(share);
    }

    pub(crate) const fn tool(&self) -> &ToolName {
        &self.tool
    }

    pub(crate) const fn bound(&self) -> Bound {
        self.bound
    }

    /// Takes room under the rules for `resource` as well. Refuses like [`Limits::admit`].
    pub async fn enter(self, resource: &ResourceName) -> Result<Self, Refusal> {
        let limits = self.limits.clone();
        limits.enter(self, resource).await
    }

    /// True if a rule is about the call.
    pub fn is_limited(&self) -> bool {
        !self.shares.is_empty()
    }

    /// The call runs from now on.
    pub fn begin(&mut self) {
        self.running_since = Some(Instant::now());
    }

    /// The run is over and gave `rows` rows.
    pub fn ran(&mut self, rows: u64) {
        self.stop_clock();
        self.spent.rows = rows;
    }

    /// The result has `bytes` bytes.
    pub const fn sends(&mut self, bytes: u64) {
        self.spent.bytes = bytes;
    }

    /// The clock counts for tools that run the caller's code.
    fn stop_clock(&mut self) {
        let took = self.running_since.take().map_or(Duration::ZERO, |since| since.elapsed());
        if self.bound.sandbox_ms > 0 {
            self.spent.sandbox_ms += u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        }
    }

    /// The call is not let pass: it never was.
    pub(crate) fn undo(mut self) {
        for share in std::mem::take(&mut self.shares) {
            share.counter.undo(share.reserved);
        }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if self.shares.is_empty() {
            return;
        }
        self.stop_clock();
        for share in &self.shares {
            share.counter.settle(share.reserved, self.spent.amounts());
        }
    }
}
