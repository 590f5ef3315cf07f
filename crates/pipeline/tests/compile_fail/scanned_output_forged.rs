//! A `ScannedOutput` cannot be written down: its fields are private.

fn main() {
    let _ = scan::ScannedOutput { body: todo!() };
}
