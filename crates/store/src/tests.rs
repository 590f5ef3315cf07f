//! Approval rows: one claim, expiry, restart. Revocation rows: kept, bounded, forgotten.

use crate::{ApprovalState, ApprovalTerms, NewApproval, Store, Vote};
use domain::{CallId, Digest, Principal, UnixMillis};
use revocation::{Revoked, TOKEN_REMEMBERED, What};
use std::time::Duration;

fn request(id: &str, requested: u64) -> NewApproval {
    NewApproval {
        id: id.to_owned(),
        binding: Digest::of(b"binding"),
        principal: Principal {
            tenant: "acme".parse().unwrap(),
            person: "dev".parse().unwrap(),
            client: "quickstart".parse().unwrap(),
        },
        tool: "python-runner".parse().unwrap(),
        definition: Digest::of(b"definition"),
        arguments: Digest::of(b"arguments"),
        sealed_arguments: vec![1, 2, 3],
        policy: Digest::of(b"policy"),
        requested: UnixMillis(requested),
        expires: UnixMillis(requested + 100),
        terms: ApprovalTerms { needed: 1, approvers: None },
    }
}

fn call(number: u8) -> CallId {
    CallId::mint(UnixMillis(1), [number; 10])
}

async fn vote(store: &Store, id: &str, person: &str, now: u64) -> Vote {
    let (person, client) = (person.parse().unwrap(), "desk".parse().unwrap());
    store.vote(id.to_owned(), person, client, UnixMillis(now)).await.unwrap()
}

#[tokio::test]
async fn several_people_have_to_agree_and_one_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("state.db")).unwrap();
    let approvers = Some(vec!["sam".parse().unwrap(), "kim".parse().unwrap()]);
    let terms = ApprovalTerms { needed: 2, approvers };
    let asked = NewApproval { terms: terms.clone(), ..request("a1", 10) };
    store.find_or_insert_approval(asked, 3).await.unwrap();
    assert_eq!(vote(&store, "a1", "sam", 11).await, Vote::Counted(1));
    assert_eq!(vote(&store, "a1", "sam", 12).await, Vote::Twice);
    let row = store.approval("a1".into()).await.unwrap().unwrap();
    assert_eq!((row.state, row.votes, row.request.terms), (ApprovalState::Pending, 1, terms));
    assert!(!store.claim_approval("a1".into(), call(0), UnixMillis(13)).await.unwrap());
    assert_eq!(vote(&store, "a1", "kim", 14).await, Vote::Enough);
    assert_eq!(vote(&store, "a1", "lee", 15).await, Vote::NotPending);
    assert_eq!(store.voters("a1".into()).await.unwrap(), ["sam".parse().unwrap(), "kim".parse().unwrap()]);
    assert!(store.claim_approval("a1".into(), call(1), UnixMillis(16)).await.unwrap());
}

#[tokio::test]
async fn the_last_used_approval_is_remembered_and_older_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("state.db")).unwrap();
    for (number, id) in ["a1", "a2"].into_iter().enumerate() {
        let requested = 10 + number as u64;
        store.find_or_insert_approval(request(id, requested), 3).await.unwrap();
        assert_eq!(vote(&store, id, "sam", requested).await, Vote::Enough);
        assert!(store.claim_approval(id.into(), call(number as u8), UnixMillis(requested)).await.unwrap());
        store.settle_claim(call(number as u8), ApprovalState::Consumed).await.unwrap();
    }
    store.find_or_insert_approval(request("late", 10 + 3 * 24 * 60 * 60 * 1000), 3).await.unwrap();
    let principal = request("a", 1).principal;
    let last = store.last_used_approval(principal, "python-runner".parse().unwrap()).await.unwrap();
    assert_eq!(last.unwrap().request.id, "a2");
    assert!(store.approval("a1".into()).await.unwrap().is_none());
    assert!(store.voters("a1".into()).await.unwrap().is_empty(), "votes outlived their approval");
}

#[tokio::test]
async fn a_granted_approval_is_claimed_by_exactly_one_of_many() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("state.db")).unwrap();
    let (row, made) = store.find_or_insert_approval(request("a1", 10), 3).await.unwrap();
    assert!(made && row.state == ApprovalState::Pending);
    assert!(!store.claim_approval("a1".into(), call(0), UnixMillis(11)).await.unwrap());
    assert_eq!(vote(&store, "a1", "sam", 12).await, Vote::Enough);
    let mut won = 0;
    for number in 1..50 {
        won += u32::from(store.claim_approval("a1".into(), call(number), UnixMillis(13)).await.unwrap());
    }
    assert_eq!(won, 1);
    store.settle_claim(call(1), ApprovalState::Granted).await.unwrap();
    assert!(store.claim_approval("a1".into(), call(2), UnixMillis(13)).await.unwrap());
    store.settle_claim(call(2), ApprovalState::Consumed).await.unwrap();
    let (row, made) = store.find_or_insert_approval(request("a2", 20), 3).await.unwrap();
    assert!(made && row.request.id == "a2", "a consumed approval was found again");
}

#[tokio::test]
async fn an_expired_grant_is_told_once_and_then_asked_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("state.db")).unwrap();
    store.find_or_insert_approval(request("a1", 10), 3).await.unwrap();
    assert_eq!(vote(&store, "a1", "sam", 12).await, Vote::Enough);
    assert!(!store.claim_approval("a1".into(), call(1), UnixMillis(110)).await.unwrap());
    let (row, made) = store.find_or_insert_approval(request("a2", 200), 3).await.unwrap();
    assert!(!made && row.state == ApprovalState::Expired);
    let (row, made) = store.find_or_insert_approval(request("a2", 201), 3).await.unwrap();
    assert!(made && row.state == ApprovalState::Pending);
}

#[tokio::test]
async fn state_survives_a_restart_and_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let store = Store::open(&path).unwrap();
    store.find_or_insert_approval(request("a1", 10), 3).await.unwrap();
    drop(store);
    let store = Store::open(&path).unwrap();
    let rows = store.approvals_in(ApprovalState::Pending, 10).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_principal_has_a_bounded_number_of_open_requests() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("state.db")).unwrap();
    for number in 0..5_u8 {
        let id = format!("a{number}");
        let request = NewApproval { binding: Digest::of(&[number]), ..request(&id, 10) };
        assert_eq!(store.find_or_insert_approval(request, 3).await.is_ok(), number < 3, "{number}");
    }
    let tenant = "acme".parse::<domain::TenantId>().unwrap();
    assert_eq!(store.count_pending_approvals(tenant.clone(), UnixMillis(11)).await.unwrap(), 3);
    assert_eq!(store.pending_approvals(tenant.clone(), UnixMillis(110), 10).await.unwrap().len(), 0);
    let late = NewApproval { binding: Digest::of(b"late"), ..request("late", 10 + 2 * 24 * 60 * 60 * 1000) };
    store.find_or_insert_approval(late, 3).await.unwrap();
    assert!(store.approval("a0".into()).await.unwrap().is_none(), "an old row was kept");
}

fn revoked(kind: &str, name: &str) -> Revoked {
    Revoked { tenant: "acme".parse().unwrap(), what: What::read(kind, name).unwrap() }
}

#[tokio::test]
async fn what_is_revoked_stays_so_over_a_restart_until_it_is_lifted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let store = Store::open(&file).unwrap();
    let all = [("person", "ana"), ("client", "desk"), ("token", "a\"b'c"), ("tool", "echo")];
    for (kind, name) in all {
        assert!(store.insert_revocation(revoked(kind, name), UnixMillis(10)).await.unwrap());
        assert!(!store.insert_revocation(revoked(kind, name), UnixMillis(11)).await.unwrap(), "{kind} twice");
    }
    drop(store);
    let store = Store::open(&file).unwrap();
    let mut expected: Vec<_> = all.map(|(kind, name)| (revoked(kind, name), UnixMillis(10))).into();
    expected.sort_by_key(|(row, _)| row.what.kind());
    assert_eq!(store.revocations().await.unwrap(), expected);
    assert!(store.delete_revocation(revoked("person", "ana")).await.unwrap());
    assert!(!store.delete_revocation(revoked("person", "ana")).await.unwrap());
    assert!(store.revocations().await.unwrap().iter().all(|(row, _)| row.what.kind() != "person"));
}

#[tokio::test]
async fn a_revoked_token_is_forgotten_after_the_longest_life_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("state.db")).unwrap();
    let start = UnixMillis(1_000);
    store.insert_revocation(revoked("token", "old"), start).await.unwrap();
    store.insert_revocation(revoked("person", "ana"), start).await.unwrap();
    let later = start.plus(TOKEN_REMEMBERED + Duration::from_millis(1));
    store.insert_revocation(revoked("token", "new"), later).await.unwrap();
    let rows = store.revocations().await.unwrap();
    let names: Vec<&str> = rows.iter().map(|(row, _)| row.what.name()).collect();
    assert_eq!(names, ["ana", "new"]);
}
