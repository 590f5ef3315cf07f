//! A `ScannedFrame` cannot come from text.

fn main() {
    let _ = serde_json::from_str::<scan::ScannedFrame>("{}");
}
