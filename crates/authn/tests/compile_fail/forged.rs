//! Evidence written by hand.
use authn::Authenticated;

fn main() {
    let _ = Authenticated {};
}
