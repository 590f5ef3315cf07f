//! A `ScannedFrame` has no default: nothing is proved by nothing.

fn main() {
    let _ = <scan::ScannedFrame as Default>::default();
}
