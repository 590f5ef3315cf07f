fn main() {
    let _receipt: audit::IntentReceipt = serde_json::from_str("{}").unwrap();
}
