//! Evidence of nobody.
use authn::Authenticated;

fn main() {
    let _ = <Authenticated as Default>::default();
}
