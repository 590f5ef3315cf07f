//! Roles that a person has for a time, given by others in an emergency.
//!
//! Why and by whom is not known here. They end by the wall clock and by the time that has passed, whichever
//! comes first, so that no clock that is moved makes them longer.

use domain::{PersonId, Principal, TenantId, UnixMillis};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Who has which roles for how long. Empty but in an emergency.
#[derive(Debug, Default)]
pub struct Elevations {
    has_any: AtomicBool,
    of: RwLock<HashMap<(TenantId, PersonId), Vec<Elevation>>>,
}

#[derive(Debug)]
struct Elevation {
    roles: Vec<Arc<str>>,
    from: UnixMillis,
    until: UnixMillis,
    end: Instant,
}

impl Elevation {
    fn lasts(&self, now: UnixMillis) -> bool {
        self.from <= now && now < self.until && Instant::now() < self.end
    }
}

impl Elevations {
    /// Gives roles that are in force from the one moment to the other, of which `left` is left.
    pub fn give(
        &self,
        principal: &Principal,
        roles: &[String],
        (from, until): (UnixMillis, UnixMillis),
        left: Duration,
    ) {
        let mut of = self.of.write().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        for given in of.values_mut() {
            given.retain(|one| now < one.end);
        }
        of.retain(|_, given| !given.is_empty());
        let person = (principal.tenant.clone(), principal.person.clone());
        of.entry(person).or_default().push(Elevation {
            roles: roles.iter().map(|role| role.as_str().into()).collect(),
            from,
            until,
            end: now + left,
        });
        self.has_any.store(true, Ordering::Release);
    }

    /// `roles` and what the person has besides at the moment `now`; `None` if that is nothing.
    pub(crate) fn with(
        &self,
        principal: &Principal,
        roles: &[Arc<str>],
        now: UnixMillis,
    ) -> Option<Vec<Arc<str>>> {
        if !self.has_any.load(Ordering::Acquire) {
            return None;
        }
        let of = self.of.read().unwrap_or_else(PoisonError::into_inner);
        let given = of.get(&(principal.tenant.clone(), principal.person.clone()))?;
        let mut all = roles.to_vec();
        all.extend(given.iter().filter(|one| one.lasts(now)).flat_map(|one| one.roles.iter().cloned()));
        (all.len() > roles.len()).then_some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::Elevations;
    use domain::{Principal, UnixMillis};
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn roles_last_for_their_time_and_no_moved_clock_makes_it_longer() {
        let person = |name: &str| Principal {
            tenant: "acme".parse().unwrap(),
            person: name.parse().unwrap(),
            client: "desk".parse().unwrap(),
        };
        let elevations = Elevations::default();
        let (own, hour): ([Arc<str>; 1], _) = (["user".into()], Duration::from_secs(3600));
        let with = |name: &str, now: u64| elevations.with(&person(name), &own, UnixMillis(now));
        assert_eq!(with("dev", 1000), None);
        elevations.give(
            &person("dev"),
            &["admin".to_owned()],
            (UnixMillis(1000), UnixMillis(3_601_000)),
            hour,
        );
        assert_eq!(with("dev", 1000).unwrap(), ["user".into(), "admin".into()] as [Arc<str>; 2]);
        assert_eq!(with("ana", 1000), None, "another person");
        for moved in [0, 999, 3_601_000, u64::MAX] {
            assert_eq!(with("dev", moved), None, "{moved}");
        }
        elevations.give(
            &person("eve"),
            &["admin".to_owned()],
            (UnixMillis(1000), UnixMillis(3_601_000)),
            Duration::ZERO,
        );
        assert_eq!(with("eve", 1000), None, "its time has passed, whatever the clock says");
    }
}
