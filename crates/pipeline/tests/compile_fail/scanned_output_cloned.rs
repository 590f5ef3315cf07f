//! A `ScannedOutput` cannot be cloned: evidence counts once.

fn twice(evidence: &scan::ScannedOutput) -> scan::ScannedOutput {
    <scan::ScannedOutput as Clone>::clone(evidence)
}

fn main() {
    let _ = twice;
}
