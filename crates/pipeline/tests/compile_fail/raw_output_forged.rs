//! A `RawOutput` cannot be written down: its fields are private.

fn main() {
    let _ = execute::RawOutput { outcome: todo!() };
}
