//! What a caller holds once a record is durable.

use crate::log::{OpenCall, Shared};
use crate::tree::Hash;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::CallId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The proof that a call's intent is durable, and the duty to record how the call ended.
///
/// It is linear: no copy, no default, no way to make one outside, and only
/// [`crate::Audit::outcome`] takes it. Dropped otherwise, it has the call recorded as abandoned.
#[must_use = "a call with an intent needs an outcome"]
pub struct IntentReceipt {
    shared: Arc<Shared>,
    /// `None` once it is spent.
    open: Option<OpenCall>,
    call: CallId,
    index: u64,
    leaf: Hash,
}

impl IntentReceipt {
    pub(crate) fn new(shared: Arc<Shared>, open: OpenCall, leaf: Hash) -> Self {
        Self { shared, call: open.call, index: open.index, open: Some(open), leaf }
    }

    /// The call.
    pub const fn call(&self) -> CallId {
        self.call
    }

    /// Index of the intent's record.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Leaf hash of the intent's record.
    pub const fn leaf(&self) -> &Hash {
        &self.leaf
    }

    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) const fn open(&self) -> Option<&OpenCall> {
        self.open.as_ref()
    }

    /// Takes the duty over; the receipt is spent.
    pub(crate) fn spend(mut self) -> Option<OpenCall> {
        self.open.take()
    }
}

impl Drop for IntentReceipt {
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            self.shared.inbox.orphan(open, "dropped");
        }
    }
}

impl std::fmt::Debug for IntentReceipt {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "IntentReceipt({} at {})", self.call, self.index)
    }
}

/// The proof that both records of a call are durable.
#[derive(Debug)]
pub struct OutcomeReceipt {
    pub(crate) origin: Arc<str>,
    pub(crate) call: CallId,
    pub(crate) intent_index: u64,
    pub(crate) outcome_index: u64,
    pub(crate) leaf: Hash,
}

impl OutcomeReceipt {
    /// The call whose records they are.
    pub const fn call(&self) -> CallId {
        self.call
    }

    /// The log: `secure-mcp/<node>`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Index of the intent's record.
    pub const fn intent_index(&self) -> u64 {
        self.intent_index
    }

    /// Index of the outcome's record.
    pub const fn outcome_index(&self) -> u64 {
        self.outcome_index
    }

    /// Leaf hash of the outcome's record.
    pub const fn leaf(&self) -> &Hash {
        &self.leaf
    }

    /// The receipt as it goes to the client and into a receipt file.
    pub fn to_file(&self) -> ReceiptFile {
        ReceiptFile {
            origin: self.origin.to_string(),
            intent_index: self.intent_index,
            outcome_index: self.outcome_index,
            leaf: STANDARD.encode(self.leaf),
            checkpoint: None,
        }
    }
}

/// The proof that one record is durable.
#[derive(Clone, Debug)]
pub struct RecordReceipt {
    pub(crate) origin: Arc<str>,
    pub(crate) index: u64,
    pub(crate) leaf: Hash,
}

impl RecordReceipt {
    /// The log: `secure-mcp/<node>`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Index of the record.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Leaf hash of the record.
    pub const fn leaf(&self) -> &Hash {
        &self.leaf
    }

    /// The receipt of a refused call: its one record is its beginning and its end.
    pub fn to_file(&self) -> ReceiptFile {
        ReceiptFile {
            origin: self.origin.to_string(),
            intent_index: self.index,
            outcome_index: self.index,
            leaf: STANDARD.encode(self.leaf),
            checkpoint: None,
        }
    }
}

/// A receipt that a client kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptFile {
    /// The log: `secure-mcp/<node>`.
    pub origin: String,
    /// Index of the intent's record; a refused call's one record.
    pub intent_index: u64,
    /// Index of the outcome's record; a refused call's one record.
    pub outcome_index: u64,
    /// Leaf hash of the outcome's record, base64.
    pub leaf: String,
    /// The signed checkpoint that was current then, if the client has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
}
