//! Who is revoked, and who hears of it.

use crate::{Ended, Revocations, Revoked, TOKEN_REMEMBERED, What};
use domain::{Principal, TenantId, TokenId, UnixMillis};
use std::time::Duration;
use tokio::time::timeout;

const NOW: UnixMillis = UnixMillis(2_000_000_000_000);

fn caller(person: &str, client: &str) -> Principal {
    Principal {
        tenant: "acme".parse().unwrap(),
        person: person.parse().unwrap(),
        client: client.parse().unwrap(),
    }
}

fn token(name: &str) -> TokenId {
    name.parse().unwrap()
}

fn revoked(tenant: &str, kind: &str, name: &str) -> Revoked {
    Revoked { tenant: tenant.parse().unwrap(), what: What::read(kind, name).unwrap() }
}

#[test]
fn what_is_revoked_is_refused_and_nothing_else() {
    for (kind, name, refuses) in [
        ("person", "ana", [true, false, true, false]),
        ("client", "desk", [true, true, false, false]),
        ("token", "t1", [true, false, false, true]),
        ("tool", "ana", [false; 4]),
    ] {
        let revocations = Revocations::default();
        let ask = || {
            [("ana", "desk", "t1"), ("bob", "desk", "t2"), ("ana", "robot", "t3"), ("bob", "robot", "t1")]
                .map(|(person, client, id)| {
                    revocations.of_caller(&caller(person, client), &token(id)).is_some()
                })
        };
        assert_eq!(ask(), [false; 4]);
        revocations.revoke(revoked("other", kind, name), NOW);
        assert_eq!(ask(), [false; 4], "another tenant's {kind}");
        revocations.revoke(revoked("acme", kind, name), NOW);
        revocations.revoke(revoked("acme", kind, name), NOW);
        assert_eq!(ask(), refuses, "{kind}");
        revocations.lift(&revoked("acme", kind, name));
        assert_eq!(ask(), [false; 4], "{kind} lifted");
    }
}

#[test]
fn a_tool_is_revoked_for_its_tenant() {
    let revocations = Revocations::default();
    let (acme, other): (TenantId, TenantId) = ("acme".parse().unwrap(), "other".parse().unwrap());
    revocations.restore([(revoked("acme", "tool", "echo"), NOW)]);
    let has = |tenant, tool: &str| revocations.has_tool(tenant, &tool.parse().unwrap());
    assert!(has(&acme, "echo") && !has(&other, "echo") && !has(&acme, "ech"));
}

#[test]
fn a_kind_or_a_name_that_is_none_is_not_read() {
    for (kind, name) in
        [("person", ""), ("person", "a na"), ("client", "\n"), ("token", ""), ("tool", "a b"), ("role", "x")]
    {
        assert_eq!(What::read(kind, name), None, "{kind} {name:?}");
    }
    assert!(What::read("token", &"x".repeat(256)).is_none());
}

#[test]
fn a_token_is_forgotten_when_none_of_its_age_is_taken_any_more() {
    let revocations = Revocations::default();
    revocations.revoke(revoked("acme", "token", "old"), NOW);
    let is_known = |name| revocations.of_caller(&caller("ana", "desk"), &token(name)).is_some();
    revocations.revoke(revoked("acme", "token", "new"), NOW.plus(TOKEN_REMEMBERED));
    assert!(is_known("old") && is_known("new"));
    let later = NOW.plus(TOKEN_REMEMBERED + Duration::from_secs(1));
    revocations.revoke(revoked("acme", "token", "newer"), later);
    assert!(!is_known("old") && is_known("new") && is_known("newer"));
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_hears_of_their_own_end_and_of_no_other() {
    let revocations = Revocations::default();
    let mut ana = revocations.standing(caller("ana", "desk"), token("t1"));
    let mut bob = revocations.standing(caller("bob", "robot"), token("t2"));
    let echo = "echo".parse().unwrap();
    let short = Duration::from_millis(10);
    revocations.revoke(revoked("acme", "person", "eve"), NOW);
    assert!(timeout(short, ana.lost(Some(&echo))).await.is_err());
    revocations.revoke(revoked("acme", "tool", "echo"), NOW);
    assert_eq!(timeout(short, ana.lost(Some(&echo))).await, Ok(Ended::Tool));
    assert!(timeout(short, ana.lost(None)).await.is_err(), "who does not use the tool goes on");
    revocations.revoke(revoked("acme", "client", "desk"), NOW);
    assert_eq!(timeout(short, ana.lost(None)).await, Ok(Ended::Caller("the client is revoked")));
    assert!(timeout(short, bob.lost(None)).await.is_err());
    drop(revocations);
    assert!(timeout(short, bob.lost(None)).await.is_ok(), "without anybody to ask nobody is good");
}
