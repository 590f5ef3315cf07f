fn main() {
    let _receipt: audit::IntentReceipt = Default::default();
}
