//! A `CheckedCall` has no default: nothing is proved by nothing.

fn main() {
    let _ = <validate::CheckedCall as Default>::default();
}
