//! A `CheckedCall` cannot be cloned: evidence counts once.

fn twice(evidence: &validate::CheckedCall) -> validate::CheckedCall {
    <validate::CheckedCall as Clone>::clone(evidence)
}

fn main() {
    let _ = twice;
}
