fn main() {
    let _receipt = audit::IntentReceipt { index: 0 };
}
