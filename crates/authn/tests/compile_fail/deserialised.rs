//! Evidence from a wire.
use authn::Authenticated;

fn main() {
    let _ = serde_json::from_str::<Authenticated>("{}");
}
