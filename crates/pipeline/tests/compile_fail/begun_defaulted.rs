//! A `Begun` has no default: nothing is proved by nothing.

fn main() {
    let _ = <execute::Begun as Default>::default();
}
