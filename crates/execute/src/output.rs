//! What a connector brings back.

use crate::Waiver;
use audit::Usage;
use domain::{Refusal, Untrusted};
use manifest::IsolationTier;
use serde_json::Value;
use std::borrow::Cow;

/// The output of one run, as MCP shapes it. Foreign until layer 5 has read it.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// Content blocks (`{"type": "text", "text": …}` and the like).
    pub content: Vec<Value>,
    /// The same as data: an object.
    pub structured: Value,
    /// The tool itself says that it failed (the caller's code exited with an error, say).
    pub is_error: bool,
}

impl Output {
    /// Data, and its JSON text as the one content block for clients that read only text.
    pub fn of_structured(structured: Value) -> Self {
        let text = serde_json::json!({ "type": "text", "text": structured.to_string() });
        Self { content: vec![text], structured, is_error: false }
    }
}

/// How a run was isolated.
#[derive(Debug, PartialEq, Eq)]
pub enum Isolation {
    /// It had an isolation of its own.
    Held {
        /// The tier that it had.
        tier: IsolationTier,
        /// Public words about it: the back end and how its limits are held (`native, limits: enforced`).
        detail: Cow<'static, str>,
    },
    /// It had none, by an override of the operator and with leave of the policy.
    Waived {
        /// The policy's leave.
        waiver: Waiver,
        /// Public words about it: the override and its end.
        detail: Cow<'static, str>,
    },
}

/// One finished run.
#[derive(Debug)]
pub struct Ran {
    /// What came out, or why nothing did.
    pub outcome: Result<Untrusted<Output>, Refusal>,
    /// How it was isolated.
    pub isolation: Isolation,
    /// What it used, where that was measured.
    pub usage: Option<Usage>,
    /// Rows of tables in the output; quotas count them.
    pub rows: u64,
}

impl Ran {
    /// A run of our own code in process, without any of the caller's code.
    pub fn in_process(outcome: Result<Output, Refusal>) -> Self {
        Self {
            outcome: outcome.map(Untrusted::new),
            isolation: Isolation::Held { tier: IsolationTier::Connector, detail: Cow::Borrowed("connector") },
            usage: None,
            rows: 0,
        }
    }
}
