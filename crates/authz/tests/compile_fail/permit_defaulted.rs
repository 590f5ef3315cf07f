//! No permit comes from nothing.

trait FromNothing: Default {
    fn from_nothing() -> Self {
        Self::default()
    }
}

impl<T: Default> FromNothing for T {}

fn main() {
    authz::Permit::from_nothing();
}
