//! Places that principals share, of which nobody has more than half: sandboxes, queries.

use domain::Principal;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Principals that are remembered before those without a place are forgotten.
const MAX_IDLE: usize = 1024;

/// A bounded number of places. Copies share them.
#[derive(Clone, Debug)]
pub struct Places(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    all: Arc<Semaphore>,
    each: usize,
    own: Mutex<HashMap<Principal, Arc<Semaphore>>>,
}

/// One place, until it is dropped.
#[derive(Debug)]
pub struct Place {
    _all: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
}

impl Places {
    /// `count` places; a principal gets half of them, and at least one.
    pub fn new(count: usize) -> Self {
        let (all, own) = (Arc::new(Semaphore::new(count)), Mutex::default());
        Self(Arc::new(Inner { all, each: (count / 2).max(1), own }))
    }

    /// Waits for a place: for one of the principal's own first, so that a principal who waits for
    /// itself stands in nobody's way. The caller says for how long. `None` never comes: nobody closes.
    pub async fn take(&self, principal: &Principal) -> Option<Place> {
        let own = self.own(principal).acquire_owned().await.ok()?;
        let all = Arc::clone(&self.0.all).acquire_owned().await.ok()?;
        Some(Place { _all: all, _own: own })
    }

    fn own(&self, principal: &Principal) -> Arc<Semaphore> {
        let mut own = self.0.own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = own.get(principal) {
            return Arc::clone(known);
        }
        if own.len() >= MAX_IDLE {
            // Who has or awaits a place holds the semaphore as well.
            own.retain(|_, known| Arc::strong_count(known) > 1);
        }
        let new = Arc::new(Semaphore::new(self.0.each));
        own.insert(principal.clone(), Arc::clone(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use super::Places;
    use domain::Principal;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    /// Polls once.
    fn now_or_never<T>(future: impl Future<Output = T>) -> Option<T> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    fn person(name: &str) -> Principal {
        Principal {
            tenant: "acme".parse().unwrap(),
            person: name.parse().unwrap(),
            client: "desk".parse().unwrap(),
        }
    }

    #[test]
    fn nobody_has_more_than_half_and_all_are_given() {
        let places = Places::new(8);
        let take = |name: &str| now_or_never(places.take(&person(name))).flatten();
        let mut ana: Vec<_> = (0..4).map(|_| take("ana").unwrap()).collect();
        assert!(take("ana").is_none(), "the fifth of eight");
        let dev: Vec<_> = (0..4).map(|_| take("dev").unwrap()).collect();
        assert!(take("sam").is_none(), "the ninth of eight");
        ana.pop();
        let _sam = take("sam").expect("a place that was given back");
        drop((ana, dev));
        assert!(now_or_never(Places::new(1).take(&person("ana"))).flatten().is_some());
    }

    #[test]
    fn who_has_no_place_is_forgotten() {
        let places = Places::new(8);
        let held = now_or_never(places.take(&person("ana"))).unwrap();
        for number in 0..5000 {
            now_or_never(places.take(&person(&format!("p{number}")))).unwrap();
        }
        let known = places.0.own.lock().unwrap().len();
        assert!(known <= super::MAX_IDLE && places.0.own.lock().unwrap().contains_key(&person("ana")));
        drop(held);
    }
}
