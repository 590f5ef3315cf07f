//! A `Begun` cannot be written down: its fields are private.

fn main() {
    let _ = execute::Begun { checked: todo!() };
}
