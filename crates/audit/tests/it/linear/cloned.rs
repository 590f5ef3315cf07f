fn twice(receipt: audit::IntentReceipt) -> (audit::IntentReceipt, audit::IntentReceipt) {
    (receipt.clone(), receipt)
}

fn main() {}
