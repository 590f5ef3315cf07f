//! A `ScannedOutput` has no default: nothing is proved by nothing.

fn main() {
    let _ = <scan::ScannedOutput as Default>::default();
}
