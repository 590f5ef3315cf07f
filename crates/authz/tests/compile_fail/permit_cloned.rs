//! One permit is good for one request.

trait Twice: Clone {
    fn twice(&self) -> (Self, Self) {
        (self.clone(), self.clone())
    }
}

impl<T: Clone> Twice for T {}

fn spread(permit: authz::Permit) {
    permit.twice();
}

fn main() {}
