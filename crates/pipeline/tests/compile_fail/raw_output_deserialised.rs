//! A `RawOutput` cannot come from text.

fn main() {
    let _ = serde_json::from_str::<execute::RawOutput>("{}");
}
