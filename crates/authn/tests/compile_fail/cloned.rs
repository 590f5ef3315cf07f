//! Evidence used twice.
use authn::Authenticated;

fn twice(evidence: &Authenticated) -> Authenticated {
    Clone::clone(evidence)
}

fn main() {}
