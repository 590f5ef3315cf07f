//! A `RawOutput` has no default: nothing is proved by nothing.

fn main() {
    let _ = <execute::RawOutput as Default>::default();
}
