//! How many calls there were and how long they took, for whoever watches: counted where a call's last record
//! is durable. Tools and codes; no person, no client, no argument.

use domain::{RefusalCode, ToolName};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Upper bounds of the buckets, in microseconds: those of OpenTelemetry's `mcp.server.operation.duration`.
pub const BOUNDS_US: [u64; 14] = [
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    30_000_000,
    60_000_000,
    120_000_000,
    300_000_000,
];
/// Tools times codes of a large house; what comes beyond is counted without a tool's name.
const MAX_OPERATIONS: usize = 1000;

/// What a call was for and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operation {
    /// The tool; `None` for one that there is not.
    pub tool: Option<ToolName>,
    /// The refusal's code; `None` if the call ran.
    pub error: Option<&'static str>,
}

/// How long the calls of one operation took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    /// Calls up to each of [`BOUNDS_US`], and those beyond.
    pub counts: [u64; BOUNDS_US.len() + 1],
    /// All of it together. Microseconds.
    pub sum_us: u64,
}

/// The calls of this run.
#[derive(Debug, Default)]
pub(crate) struct Operations(Mutex<BTreeMap<Operation, Durations>>);

impl Operations {
    /// Counts a call.
    pub(crate) fn count(&self, tool: Option<&str>, error: Option<RefusalCode>, duration_us: u64) {
        // The plane's own routes are counted by the plane.
        if tool.is_some_and(|tool| tool.starts_with("admin/")) {
            return;
        }
        let is_known = error != Some(RefusalCode::UnknownTool);
        let tool = tool.filter(|_| is_known).and_then(|tool| tool.parse().ok());
        let mut operation = Operation { tool, error: error.map(RefusalCode::name) };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_OPERATIONS && !all.contains_key(&operation) {
            operation.tool = None;
        }
        let durations = all.entry(operation).or_default();
        let bucket = BOUNDS_US.iter().position(|bound| duration_us <= *bound).unwrap_or(BOUNDS_US.len());
        if let Some(count) = durations.counts.get_mut(bucket) {
            *count += 1;
        }
        durations.sum_us = durations.sum_us.saturating_add(duration_us);
    }

    /// The counts now.
    pub(crate) fn now(&self) -> Vec<(Operation, Durations)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|(operation, durations)| (operation.clone(), durations.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{BOUNDS_US, MAX_OPERATIONS, Operations};
    use domain::RefusalCode;

    #[test]
    fn calls_are_counted_by_tool_and_end_and_names_that_nobody_knows_are_not_kept() {
        let operations = Operations::default();
        operations.count(Some("echo"), None, 9_000);
        operations.count(Some("echo"), None, 10_000);
        operations.count(Some("echo"), None, u64::MAX);
        operations.count(Some("echo"), Some(RefusalCode::Denied), 1);
        operations.count(Some("ana@acme.example"), Some(RefusalCode::UnknownTool), 1);
        operations.count(Some("no such name"), Some(RefusalCode::Denied), 1);
        operations.count(Some("admin/status"), Some(RefusalCode::Denied), 1);
        let now = operations.now();
        let shown: Vec<_> = now
            .iter()
            .map(|(operation, durations)| {
                let tool = operation.tool.as_ref().map(|tool| tool.as_str().to_owned());
                (tool, operation.error, durations.counts.iter().sum::<u64>())
            })
            .collect();
        assert_eq!(
            shown,
            [
                (None, Some("denied"), 1),
                (None, Some("unknown_tool"), 1),
                (Some("echo".to_owned()), None, 3),
                (Some("echo".to_owned()), Some("denied"), 1),
            ]
        );
        let echo = &now[2].1;
        assert_eq!((echo.counts[0], echo.counts[BOUNDS_US.len()]), (2, 1));
        for number in 0..2 * MAX_OPERATIONS {
            operations.count(Some(&format!("tool-{number}")), None, 1);
        }
        assert!(operations.now().len() <= MAX_OPERATIONS + 1);
    }
}
