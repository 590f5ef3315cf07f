//! A reply cannot be made of an output that nobody scanned.

fn reply(
    raw: execute::RawOutput,
    receipt: &audit::OutcomeReceipt,
    to: &protocol::ReplyTo,
    scanner: &scan::OutputScanner,
) -> scan::ScannedFrame {
    scan::seal(raw, receipt, to, scanner)
}

fn main() {
    let _ = reply;
}
