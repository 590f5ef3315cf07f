//! A `Begun` cannot be cloned: evidence counts once.

fn twice(evidence: &execute::Begun) -> execute::Begun {
    <execute::Begun as Clone>::clone(evidence)
}

fn main() {
    let _ = twice;
}
