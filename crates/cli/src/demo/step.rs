//! One line of the demo.

use crate::output::visible;
use serde_json::{Value, json};
use std::time::Duration;

/// What was shown.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// `ALLOWED`, `MASKED`, `DENIED`, `PENDING`, `APPROVED`, `PROOF`
    pub(super) word: &'static str,
    /// The tool.
    pub(super) tool: String,
    /// What happened, for people.
    pub(super) what: String,
    /// The call that `audit show` finds.
    pub(super) call_id: String,
    /// `allow`, `deny`, `pending`
    pub(super) decision: String,
    /// From request to reply.
    pub(super) took: Duration,
}

impl Step {
    /// The line for people.
    pub(super) fn line(&self) -> String {
        let Self { word, tool, what, call_id, .. } = self;
        format!(
            "{word}  {tool}  {}  call {call_id}  {} ms",
            visible(what).replace('\n', " "),
            self.took.as_millis()
        )
    }

    /// The object for programs.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "step": self.word,
            "call_id": self.call_id,
            "decision": self.decision,
            "detail": format!("{}: {}", self.tool, self.what),
            "ms": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Step;
    use std::time::Duration;

    #[test]
    fn a_step_is_one_line_or_one_object() {
        let step = Step {
            word: "ALLOWED",
            tool: "database-query".to_owned(),
            what: "ana counts\u{1b}[2J the orders".to_owned(),
            call_id: "01h2".to_owned(),
            decision: "allow".to_owned(),
            took: Duration::from_micros(12_900),
        };
        assert_eq!(step.line(), r"ALLOWED  database-query  ana counts\u{1b}[2J the orders  call 01h2  12 ms");
        let expected = serde_json::json!({
            "step": "ALLOWED",
            "call_id": "01h2",
            "decision": "allow",
            "detail": "database-query: ana counts\u{1b}[2J the orders",
            "ms": 12,
        });
        assert_eq!(step.to_json(), expected);
    }
}
