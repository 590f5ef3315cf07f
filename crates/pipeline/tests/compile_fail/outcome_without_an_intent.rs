//! An outcome cannot be recorded twice: the intent's receipt is used up.

async fn close(audit: &audit::Audit, receipt: audit::IntentReceipt, outcome: fn() -> audit::Outcome) {
    let _ = audit.outcome(receipt, outcome()).await;
    let _ = audit.outcome(receipt, outcome()).await;
}

fn main() {
    let _ = close;
}
