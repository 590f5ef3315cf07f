//! Names stand nowhere in clear, and an erased person's records still prove.

#![allow(clippy::disallowed_methods, reason = "the tests look at the files from outside")]

use crate::support::{Bench, call, call_id, refused, run, who};
use audit::{OperatorEvent, VerifyRequest, verify};
use domain::{Refusal, RefusalCode};
use std::fs;
use std::os::unix::fs::MetadataExt;

#[test]
fn no_file_holds_a_name_an_address_or_a_user_agent() {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    call(&log, "wilhelmina@acme.example", 1);
    let mut asked = refused("wilhelmina@acme.example", 2);
    asked.tool = Some("salary of wilhelmina".to_owned());
    asked.refusal = Refusal::new(RefusalCode::Denied, "wilhelmina may not read salaries");
    asked.reasons = vec!["wilhelmina is no analyst".to_owned()];
    run(log.refused(asked)).unwrap();
    run(log.record(OperatorEvent::ApprovalGranted {
        approval: "apr-1".to_owned(),
        call: call_id(1),
        approver: who("bartholomew"),
        requester: who("wilhelmina@acme.example").principal,
        votes: 1,
        needed: 1,
        reason: Some("wilhelmina convinced bartholomew".to_owned()),
    }))
    .unwrap();
    log.refused_before_authentication([198, 51, 100, 42].into(), RefusalCode::Unauthenticated);
    log.close();
    let mut files = 0;
    for entry in fs::read_dir(bench.directory()).unwrap() {
        let entry = entry.unwrap();
        let bytes = fs::read(entry.path()).unwrap();
        assert_eq!(entry.metadata().unwrap().mode() & 0o777, 0o600, "{:?}", entry.path());
        for word in
            ["wilhelmina", "bartholomew", "203.0.113.77", "198.51.100.42", "RatherSpecialAgent", "salary of"]
        {
            let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "`{word}` in {:?}", entry.path());
        }
        files += 1;
    }
    assert!(files >= 7);
    assert_eq!(fs::metadata(bench.directory()).unwrap().mode() & 0o777, 0o700);
}

#[test]
fn an_erased_person_cannot_be_read_and_every_proof_holds() {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    let receipt = call(&log, "wilhelmina", 1);
    call(&log, "ana", 2);
    let pseudonym = log.show(call_id(1)).unwrap()[0].body["actor"]["user"]["uid"].clone();
    let (tenant, person) = ("acme".parse().unwrap(), "wilhelmina".parse().unwrap());
    assert!(log.erase(&tenant, &person).unwrap());
    assert!(!log.erase(&tenant, &person).unwrap());
    let check = |log: &audit::Audit| {
        let body = log.show(call_id(1)).unwrap()[0].body.clone();
        assert_eq!(
            (&body["actor"]["user"]["name"], &body["actor"]["user"]["uid"]),
            (&"(erased)".into(), &pseudonym)
        );
        assert_eq!(log.show(call_id(2)).unwrap()[0].body["actor"]["user"]["name"], "ana");
    };
    check(&log);
    // Whoever comes back is somebody new.
    call(&log, "wilhelmina", 3);
    assert_ne!(log.show(call_id(3)).unwrap()[0].body["actor"]["user"]["uid"], pseudonym);
    log.close();
    drop(log);
    let (log, _) = bench.open().unwrap();
    check(&log);
    assert_eq!(log.show(call_id(3)).unwrap()[0].body["actor"]["user"]["name"], "wilhelmina");
    log.close();
    let request =
        VerifyRequest { receipts: vec![receipt.to_file()], ..VerifyRequest::directory(bench.directory()) };
    assert_eq!(verify(&request).unwrap().records, 6);
}
