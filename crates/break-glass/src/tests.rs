//! Two people, a reason, an end, a review: over a real store, log and clock that the test moves.

use crate::{Asked, BreakGlass, BreakGlassError};
use audit::{Audit, AuditConfig, Who};
use authn::{Arrival, Audience, Authenticator, LocalIssuer, TokenRequest, authenticate};
use domain::{Clock, Principal, UnixMillis};
use secrets::KeyStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::Store;

const START: u64 = 1_800_000_000_000;
const MINUTE: u64 = 60_000;
const URL: &str = "https://127.0.0.1:8443/mcp";

struct Moved(AtomicU64);

impl Clock for Moved {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::Relaxed))
    }
}

struct World {
    folder: tempfile::TempDir,
    clock: Arc<Moved>,
    keys: Arc<KeyStore>,
    audit: Audit,
    authenticator: Authenticator,
    glass: BreakGlass,
}

fn issuer(keys: &KeyStore) -> LocalIssuer {
    LocalIssuer::new("test".to_owned(), URL.to_owned(), &keys.issuer().pkcs8(), keys.issuer().public_key())
}

fn principal(person: &str) -> Principal {
    Principal {
        tenant: "acme".parse().unwrap(),
        person: person.parse().unwrap(),
        client: "desk".parse().unwrap(),
    }
}

fn who(person: &str) -> Who {
    Who { principal: principal(person), peer: None, user_agent: None }
}

fn asked(minutes: u32, reason: &str) -> Asked {
    Asked { roles: vec!["admin".to_owned()], minutes, reason: reason.to_owned() }
}

impl World {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Moved(AtomicU64::new(START)));
        let keys = Arc::new(KeyStore::open(&folder.path().join("keys")).unwrap());
        let config = AuditConfig { reserve_mib: 0, ..AuditConfig::new(folder.path().join("audit"), "test") };
        let (audit, _) = Audit::open(&config, &keys, Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        let (authenticator, glass) = Self::server(&folder, &clock, &keys, &audit).await;
        Self { folder, clock, keys, audit, authenticator, glass }
    }

    async fn server(
        folder: &tempfile::TempDir,
        clock: &Arc<Moved>,
        keys: &Arc<KeyStore>,
        audit: &Audit,
    ) -> (Authenticator, BreakGlass) {
        let clock = Arc::clone(clock) as Arc<dyn Clock>;
        let trusted = vec![issuer(keys).trusted().unwrap()];
        let authenticator = Authenticator::new(trusted, URL.to_owned(), Arc::clone(&clock));
        let store = Store::open(&folder.path().join("state.db")).unwrap();
        let elevations = Arc::clone(authenticator.elevations());
        let glass =
            BreakGlass::open(store, audit.clone(), Arc::clone(keys), elevations, clock).await.unwrap();
        (authenticator, glass)
    }

    /// As after a start.
    async fn restart(&mut self) {
        (self.authenticator, self.glass) =
            Self::server(&self.folder, &self.clock, &self.keys, &self.audit).await;
    }

    fn pass(&self, ms: u64) {
        self.clock.0.fetch_add(ms, Ordering::Relaxed);
    }

    /// The roles that a new token of the person comes with.
    async fn roles(&self, person: &str) -> Vec<String> {
        let Principal { tenant, person, client } = principal(person);
        let lifetime = Duration::from_secs(60);
        let request = TokenRequest { tenant, person, client, audience: Audience::Mcp, lifetime };
        let token = issuer(&self.keys).mint(&request, self.clock.now(), secrets::random().unwrap()).unwrap();
        let arrival = Arrival {
            credentials: Some(token),
            peer: [127, 0, 0, 1].into(),
            user_agent: None,
            body: Default::default(),
        };
        let caller = authenticate(&arrival, Audience::Mcp, &self.authenticator).await.unwrap();
        caller.token_roles().iter().map(|role| role.to_string()).collect()
    }

    fn events(&self) -> Vec<&'static str> {
        let records = self.audit.tail(100).unwrap();
        records.iter().map(|record| record.event.name()).filter(|name| name.starts_with("break")).collect()
    }
}

#[tokio::test]
async fn two_people_give_roles_for_a_time() {
    let world = World::open().await;
    let id = world.glass.request(who("dev"), asked(30, "billing is down")).await.unwrap();
    assert!(world.roles("dev").await.is_empty(), "one person was enough");
    assert!(matches!(world.glass.grant(&id, who("dev")).await, Err(BreakGlassError::OwnRequest)));
    let expires = world.glass.grant(&id, who("sam")).await.unwrap();
    assert_eq!(expires, UnixMillis(START + 30 * MINUTE));
    assert_eq!((world.roles("dev").await, world.roles("sam").await), (vec!["admin".to_owned()], vec![]));
    assert!(matches!(world.glass.grant(&id, who("sam")).await, Err(BreakGlassError::NotThere)), "twice");
    world.pass(30 * MINUTE - 1);
    assert_eq!(world.roles("dev").await, ["admin"]);
    world.pass(1);
    assert!(world.roles("dev").await.is_empty(), "the roles did not end");
    world.clock.0.store(START - MINUTE, Ordering::Relaxed);
    assert!(world.roles("dev").await.is_empty(), "a clock before the grant gives them");
    assert_eq!(world.events(), ["break_glass_requested", "break_glass_granted"]);
}

#[tokio::test]
async fn without_a_reason_roles_or_a_sensible_time_there_is_none() {
    let world = World::open().await;
    for (roles, minutes, reason) in [
        (vec!["admin"], 30, " "),
        (vec![], 30, "it burns"),
        (vec!["admin"], 0, "it burns"),
        (vec!["admin"], 61, "it burns"),
    ] {
        let roles = roles.into_iter().map(str::to_owned).collect();
        let asked = Asked { roles, minutes, reason: reason.to_owned() };
        let refused = world.glass.request(who("dev"), asked).await;
        assert!(matches!(refused, Err(BreakGlassError::Malformed(_))), "{minutes} {reason}");
    }
    let foreign = Principal { tenant: "other".parse().unwrap(), ..principal("sam") };
    let id = world.glass.request(who("dev"), asked(30, "it burns")).await.unwrap();
    let foreign = Who { principal: foreign, peer: None, user_agent: None };
    assert!(matches!(world.glass.grant(&id, foreign).await, Err(BreakGlassError::NotThere)));
    assert!(matches!(world.glass.request(who("dev"), asked(30, "again")).await, Err(BreakGlassError::Open)));
    // Nobody grants what was asked for an hour ago.
    world.pass(60 * MINUTE);
    assert!(matches!(world.glass.grant(&id, who("sam")).await, Err(BreakGlassError::NotThere)));
    world.glass.request(who("dev"), asked(30, "again")).await.unwrap();
}

#[tokio::test]
async fn a_restart_neither_ends_nor_lengthens_it() {
    let mut world = World::open().await;
    let id = world.glass.request(who("dev"), asked(60, "billing is down")).await.unwrap();
    world.glass.grant(&id, who("sam")).await.unwrap();
    world.pass(59 * MINUTE);
    world.restart().await;
    assert_eq!(world.roles("dev").await, ["admin"]);
    world.pass(MINUTE);
    assert!(world.roles("dev").await.is_empty());
    world.restart().await;
    assert!(world.roles("dev").await.is_empty());
}

#[tokio::test]
async fn a_review_is_somebody_elses_and_an_overdue_one_stops_the_next() {
    let world = World::open().await;
    let id = world.glass.request(who("dev"), asked(10, "billing is down")).await.unwrap();
    world.glass.grant(&id, who("sam")).await.unwrap();
    let review =
        async |person: &str| world.glass.review(&id, who(person), "restarted billing".to_owned()).await;
    assert!(matches!(review("eve").await, Err(BreakGlassError::NotThere)), "it is in force");
    world.pass(10 * MINUTE);
    assert!(matches!(review("dev").await, Err(BreakGlassError::OwnRequest)));
    // Another one within the day is possible, one after it is not.
    let second = world.glass.request(who("dev"), asked(10, "again")).await.unwrap();
    world.pass(24 * 60 * MINUTE - 10 * MINUTE);
    assert_eq!(world.glass.counts().await.unwrap(), (0, 1));
    assert!(matches!(world.glass.request(who("dev"), asked(10, "x")).await, Err(BreakGlassError::Overdue)));
    let second = world.glass.grant(&second, who("sam")).await;
    assert!(matches!(second, Err(BreakGlassError::NotThere | BreakGlassError::Overdue)));
    world.glass.request(who("kim"), asked(10, "another person")).await.unwrap();
    assert!(world.glass.review(&id, who("eve"), " ".to_owned()).await.is_err(), "a review without a finding");
    review("eve").await.unwrap();
    assert!(matches!(review("eve").await, Err(BreakGlassError::NotThere)), "twice");
    assert_eq!(world.glass.counts().await.unwrap(), (0, 0));
    world.glass.request(who("dev"), asked(10, "reviewed")).await.unwrap();
    let listed = world.glass.list(&principal("root")).await.unwrap();
    assert_eq!(listed.len(), 4);
    assert_eq!(
        listed.last().unwrap().reason.as_deref(),
        Some("billing is down"),
        "what wants nobody comes last"
    );
    assert!(world.events().contains(&"break_glass_reviewed"));
}
