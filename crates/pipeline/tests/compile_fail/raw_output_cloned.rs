//! A `RawOutput` cannot be cloned: evidence counts once.

fn twice(evidence: &execute::RawOutput) -> execute::RawOutput {
    <execute::RawOutput as Clone>::clone(evidence)
}

fn main() {
    let _ = twice;
}
