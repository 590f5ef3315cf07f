//! A `ScannedFrame` cannot be written down: its fields are private.

fn main() {
    let _ = scan::ScannedFrame { bytes: todo!() };
}
