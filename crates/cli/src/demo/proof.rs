//! The last step: the log, verified from its files alone, with every receipt of the demo.

use super::{Step, unexpected};
use crate::Failure;
use crate::client::CallReply;
use crate::commands::{failure_of, verify_log};
use crate::files;
use audit::VerifyRequest;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// A checkpoint is signed each second; a slow disk may take some more.
const WAIT_FOR_SIGNATURE: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What a careful client keeps.
pub(super) struct Kept<'a> {
    audit_dir: &'a Path,
    /// The signed checkpoint from before the first call.
    checkpoint: Option<String>,
    receipts: Vec<Value>,
    last_call: String,
}

impl<'a> Kept<'a> {
    pub(super) fn new(audit_dir: &'a Path) -> Self {
        let checkpoint = files::read_text(&audit_dir.join("checkpoint")).ok();
        Self { audit_dir, checkpoint, receipts: Vec::new(), last_call: String::new() }
    }

    /// Keeps a reply's receipt.
    pub(super) fn receipt(&mut self, reply: &CallReply) {
        self.receipts.extend(reply.receipt().cloned());
        self.last_call = reply.call_id().unwrap_or_default().to_owned();
    }

    /// Keeps the place of a refusal that was read in the log; its caller got no receipt.
    pub(super) fn record(&mut self, record: &Value) {
        let origin = self.receipts.first().and_then(|receipt| receipt.get("origin")).cloned();
        self.receipts.push(json!({
            "origin": origin,
            // The record of a refusal is the beginning and the end of its call.
            "intent_index": record.get("index"),
            "outcome_index": record.get("index"),
            "leaf": record.get("leaf"),
        }));
    }

    /// Verifies the log under its signed checkpoints, the checkpoint that was kept, and every receipt.
    pub(super) async fn prove(&self) -> Result<Step, Failure> {
        let started = Instant::now();
        let index =
            |receipt: &Value| receipt.get("outcome_index").and_then(Value::as_u64).unwrap_or_default();
        let signed_needed = self.receipts.iter().map(index).max().map_or(0, |last| last + 1);
        let receipts = self.receipts.iter().cloned().map(serde_json::from_value).collect::<Result<_, _>>();
        let receipts =
            receipts.map_err(|error| unexpected("PROOF", format!("a receipt cannot be read: {error}")))?;
        self.wait_for_signature(signed_needed).await?;
        let request = VerifyRequest { receipts, ..self.request() };
        let verified = verify_log(&request).map_err(|error| failure_of(&error))?;
        Ok(Step {
            word: "PROOF",
            tool: "audit-log".to_owned(),
            what: format!(
                "verified offline: {} receipts are in the log, {} records are consistent with {} signed checkpoints",
                self.receipts.len(),
                verified.signed_records,
                verified.checkpoints_checked,
            ),
            call_id: self.last_call.clone(),
            decision: "allow".to_owned(),
            took: started.elapsed(),
        })
    }

    fn request(&self) -> VerifyRequest {
        VerifyRequest { checkpoint: self.checkpoint.clone(), ..VerifyRequest::directory(self.audit_dir) }
    }

    async fn wait_for_signature(&self, records: u64) -> Result<(), Failure> {
        let started = Instant::now();
        loop {
            let verified = verify_log(&self.request()).map_err(|error| failure_of(&error))?;
            if verified.signed_records >= records {
                return Ok(());
            }
            if started.elapsed() > WAIT_FOR_SIGNATURE {
                return Err(unexpected("PROOF", "the last records were not signed in time"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
