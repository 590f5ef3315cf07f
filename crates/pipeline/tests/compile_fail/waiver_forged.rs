//! Only a begun call whose caller policy permits gives leave to run without isolation.

fn main() {
    let _ = execute::Isolation::Waived { waiver: execute::Waiver(()), detail: "none".into() };
}
