//! The outcome: on disk before the reply.

use crate::ScannedOutput;
use audit::{Audit, Outcome, OutcomeReceipt};
use domain::{Control, Refusal, RefusalCode};

/// Writes the outcome and waits for the disk. An output whose later controls have not all spoken is
/// withheld and the outcome says so. Refuses with `audit_unavailable` if the log does not take it.
pub async fn close(
    mut scanned: ScannedOutput,
    audit: &Audit,
) -> Result<(ScannedOutput, OutcomeReceipt), Refusal> {
    if let Some(missing) = missing_control(&scanned) {
        tracing::error!(call = %scanned.call(), control = %missing, "a control did not run: the output is withheld");
        scanned.body = Err(Refusal::new(RefusalCode::Internal, format!("control {missing} did not run")));
    }
    let receipt = scanned
        .receipt
        .take()
        .ok_or_else(|| Refusal::new(RefusalCode::Internal, "the call is closed already"))?;
    let outcome = Outcome {
        decision: scanned.decision(),
        refusal: scanned.refusal().cloned(),
        output: scanned.digest(),
        output_bytes: scanned.bytes(),
        findings: std::mem::take(&mut scanned.findings),
        controls: scanned.verdicts.clone(),
        duration_us: u64::try_from(scanned.started.elapsed().as_micros()).unwrap_or(u64::MAX),
        usage: scanned.usage,
    };
    let receipt = audit.outcome(receipt, outcome).await?;
    Ok((scanned, receipt))
}

fn missing_control(scanned: &ScannedOutput) -> Option<Control> {
    let expected = scanned.checked.permit().manifest().expected_before_reply();
    expected
        .iter()
        .copied()
        .filter(|control| *control != Control::AuditOutcome)
        .find(|control| !scanned.verdicts.iter().any(|verdict| verdict.name == *control))
}
