//! A `ScannedFrame` cannot be cloned: evidence counts once.

fn twice(evidence: &scan::ScannedFrame) -> scan::ScannedFrame {
    <scan::ScannedFrame as Clone>::clone(evidence)
}

fn main() {
    let _ = twice;
}
