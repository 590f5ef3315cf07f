async fn spend(log: audit::Audit, receipt: audit::IntentReceipt, outcome: audit::Outcome) {
    let _first = log.outcome(receipt, outcome.clone()).await;
    let _second = log.outcome(receipt, outcome).await;
}

fn main() {}
