//! Whatever a delegate changes, nobody has afterwards what neither they nor the delegate had.

use super::company;
use crate::Policy;
use crate::delegation::within_part;
use crate::party::{Party, PartyKey};
use crate::vocabulary::{Action, Kind};
use domain::Principal;
use manifest::{AttributeValue, Attributes};
use proptest::prelude::*;
use std::cell::Cell;
use std::collections::BTreeSet;

/// The calls that the generator's conditions tell apart.
fn calls() -> Vec<Attributes> {
    let mut calls = Vec::new();
    for network in [None, Some(true), Some(false)] {
        for timeout in [None, Some(0), Some(5), Some(5_000)] {
            for tables in [None, Some(vec![]), Some(vec!["orders"]), Some(vec!["orders", "people"])] {
                let mut call = Attributes::new();
                call.extend(network.map(|value| ("network".to_owned(), AttributeValue::Bool(value))));
                call.extend(timeout.map(|value| ("timeout_ms".to_owned(), AttributeValue::Long(value))));
                call.extend(tables.map(|value: Vec<&str>| {
                    let set = value.into_iter().map(str::to_owned).collect();
                    ("tables".to_owned(), AttributeValue::StringSet(set))
                }));
                calls.push(call);
            }
        }
    }
    calls
}

/// Every question that is a yes: action, target, number of the call.
fn yes(policy: &Policy, party: &Party, calls: &[Attributes]) -> BTreeSet<(Action, String, usize)> {
    let mut found = BTreeSet::new();
    for target in policy.targets() {
        let fitting =
            |action: &Action| Kind::of(&target.uid).is_some_and(|kind| action.resources().contains(&kind));
        for action in Action::ALL.into_iter().filter(fitting) {
            let asked = if action.reads_attributes() { calls } else { &calls[..1] };
            for (at, call) in asked.iter().enumerate() {
                if policy.answer(party, action, target, call).allowed {
                    found.insert((action, target.uid.to_string(), at));
                }
            }
        }
    }
    found
}

fn parties(policy: &Policy) -> Vec<Party> {
    let people =
        company::PEOPLE.iter().map(|name| PartyKey::of_person(&name.parse().expect("a person"), &[], policy));
    let roles = company::ROLES.iter().map(|role| PartyKey::of_role(role, policy));
    people.chain(roles).map(|key| Party::new(&key, policy)).collect()
}

/// Random changes: some here, many where the long tests run.
fn cases() -> u32 {
    #[allow(clippy::disallowed_methods, reason = "the long test's size comes from whoever starts it")]
    let factor = std::env::var("SECURE_MCP_SOAK_FACTOR").ok();
    24 * factor.map_or(1, |text| text.parse::<u32>().expect("a number"))
}

#[test]
fn no_random_change_by_a_delegate_gives_anybody_more_than_the_delegate_has() {
    let calls = calls();
    let (accepted, refused) = (Cell::new(0), Cell::new(0));
    let config = ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let outcome = runner.run(&company::delegated(), |(before, after)| {
        let (old, new) = (before.load(), after.load());
        let principal = Principal {
            tenant: company::TENANT.parse().expect("a tenant"),
            person: "p0".parse().expect("a person"),
            client: "k0".parse().expect("a client"),
        };
        let delegate = old.caller(&principal, &[]).expect("the delegate");
        if within_part(&delegate, &old, &new).is_err() {
            refused.set(refused.get() + 1);
            return Ok(());
        }
        accepted.set(accepted.get() + 1);
        let held = yes(&old, &delegate.person, &calls);
        for (was, is) in parties(&old).iter().zip(&parties(&new)) {
            let had = yes(&old, was, &calls);
            let beyond =
                yes(&new, is, &calls).into_iter().find(|one| !had.contains(one) && !held.contains(one));
            prop_assert!(beyond.is_none(), "{} gains {:?}", is.uid, beyond);
        }
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
    println!("{} changes accepted, {} refused", accepted.get(), refused.get());
    assert!(accepted.get() > 0 && refused.get() > 0);
}
