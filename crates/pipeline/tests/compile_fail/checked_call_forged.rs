//! A `CheckedCall` cannot be written down: its fields are private.

fn main() {
    let _ = validate::CheckedCall { call: todo!() };
}
