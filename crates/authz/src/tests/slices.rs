//! Sliced and remembered answers against Cedar's answer over every rule and every entity.

use super::company;
use crate::Policy;
use crate::cache::Cache;
use crate::party::Party;
use crate::slice::{Answer, Target, answer_of, context};
use crate::view::view_of;
use crate::vocabulary::{self, Action, Kind};
use crate::world::plain;
use cedar_policy::{Authorizer, Entities, Entity, EntityUid, PolicySet, Request};
use domain::{Principal, ResourceName};
use manifest::{AttributeValue, Attributes, MaskKind, Treatment};
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

/// Everything at once, as Cedar would be used without slices and caches.
struct WholeSet {
    policies: PolicySet,
    labels: HashMap<String, Arc<str>>,
    entities: Entities,
}

impl WholeSet {
    fn new(policy: &Policy) -> Self {
        let rules = policy.book().rules();
        let labels =
            rules.iter().map(|rule| (rule.policy.id().to_string(), Arc::clone(&rule.label))).collect();
        let policies = PolicySet::from_policies(rules.iter().map(|rule| rule.policy.clone())).expect("a set");
        let entities =
            policy.world().whole().clone().upsert_entities(everybody(policy), None).expect("entities");
        Self { policies, labels, entities }
    }

    fn ask(
        &self,
        principal: &EntityUid,
        action: Action,
        resource: &EntityUid,
        attributes: &Attributes,
    ) -> Answer {
        // The questions without arguments get no context: that is what the split means.
        let attributes = if action.reads_attributes() { attributes.clone() } else { Attributes::new() };
        let context = context(&attributes).expect("a context");
        let request = Request::new(principal.clone(), action.uid(), resource.clone(), context, None)
            .expect("a request");
        let response = Authorizer::new().is_authorized(&request, &self.policies, &self.entities);
        answer_of(&response, |id| self.labels.get(&id.to_string()).cloned())
    }
}

fn person_uid(policy: &Policy, name: &str) -> EntityUid {
    vocabulary::person(policy.tenant(), &name.parse().expect("a person"))
}

fn client_uid(policy: &Policy, name: &str) -> EntityUid {
    vocabulary::client(policy.tenant(), &name.parse().expect("a client"))
}

fn everybody(policy: &Policy) -> Vec<Entity> {
    let people = company::PEOPLE.iter().map(|name| {
        let roles = policy.roles().people.get(&name.parse().expect("a person")).into_iter().flatten();
        let roles = roles.map(|role| Kind::Role.uid(role)).chain([vocabulary::tenant(policy.tenant())]);
        plain(person_uid(policy, name), roles)
    });
    let clients = company::CLIENTS.iter().map(|name| {
        let class = policy.roles().clients.get(&name.parse().expect("a client"));
        plain(client_uid(policy, name), class.map(|class| Kind::ClientClass.uid(class)))
    });
    people.chain(clients).collect()
}

fn attributes() -> impl Strategy<Value = Attributes> {
    let network = proptest::option::of(any::<bool>());
    let timeout = proptest::option::of(proptest::sample::select(vec![0i64, 1, 10, 11, 5_000]));
    let tables = proptest::option::of(proptest::sample::subsequence(company::TABLES.to_vec(), 0..=3));
    (network, timeout, tables).prop_map(|(network, timeout, tables)| {
        let mut attributes = Attributes::new();
        attributes.extend(network.map(|value| ("network".to_owned(), AttributeValue::Bool(value))));
        attributes.extend(timeout.map(|value| ("timeout_ms".to_owned(), AttributeValue::Long(value))));
        attributes.extend(tables.map(|value| {
            let set = value.into_iter().map(str::to_owned).collect();
            ("tables".to_owned(), AttributeValue::StringSet(set))
        }));
        attributes
    })
}

fn principal(person: &str, client: &str) -> Principal {
    Principal {
        tenant: company::TENANT.parse().expect("a tenant"),
        person: person.parse().expect("a person"),
        client: client.parse().expect("a client"),
    }
}

/// Every party with the entity that it stands for.
fn parties(policy: &Policy) -> Vec<(Arc<Party>, EntityUid)> {
    let people = company::PEOPLE.iter().map(|name| {
        let caller = policy.caller(&principal(name, "k0"), &[]).expect("a caller");
        (Arc::clone(&caller.person), person_uid(policy, name))
    });
    let clients = company::CLIENTS.iter().map(|name| {
        let caller = policy.caller(&principal("p0", name), &[]).expect("a caller");
        (Arc::clone(&caller.client), client_uid(policy, name))
    });
    people.chain(clients).collect()
}

fn targets(policy: &Policy) -> Vec<&Target> {
    company::TOOLS
        .iter()
        .filter_map(|name| policy.tool(&name.parse().ok()?))
        .map(|tool| &tool.target)
        .collect()
}

/// Random policies: some here, many where the long tests run.
fn cases() -> u32 {
    #[allow(clippy::disallowed_methods, reason = "the long test's size comes from whoever starts it")]
    let factor = std::env::var("SECURE_MCP_SOAK_FACTOR").ok();
    24 * factor.map_or(1, |text| text.parse::<u32>().expect("a number"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_slice_answers_like_the_whole_set(
        draft in company::draft(),
        calls in proptest::collection::vec(attributes(), 1..4),
    ) {
        let policy = draft.load();
        let whole = WholeSet::new(&policy);
        let actions = [Action::Call, Action::CallWith, Action::CallWithoutApproval, Action::SeeUnredacted];
        for (party, uid) in parties(&policy) {
            for target in targets(&policy) {
                for (action, attributes) in actions.iter().flat_map(|action| calls.iter().map(move |call| (*action, call))) {
                    let expected = whole.ask(&uid, action, &target.uid, attributes);
                    let found = policy.answer(&party, action, target, attributes);
                    prop_assert_eq!(found.allowed, expected.allowed, "{} {:?} {}", uid, action, &target.uid);
                    prop_assert_eq!(&found.reasons, &expected.reasons, "{} {:?} {}", uid, action, &target.uid);
                    prop_assert_eq!(found.faults.len(), expected.faults.len());
                }
            }
        }
    }

    #[test]
    fn a_view_shows_what_the_whole_set_permits(draft in company::draft()) {
        let policy = draft.load();
        let whole = WholeSet::new(&policy);
        let none = Attributes::new();
        let base: ResourceName = "base".parse().expect("a resource");
        for (person, client) in company::PEOPLE.iter().flat_map(|person| company::CLIENTS.map(|client| (*person, client))) {
            let caller = policy.caller(&principal(person, client), &[]).expect("a caller");
            let both = |action, uid: &EntityUid| {
                whole.ask(&person_uid(&policy, person), action, uid, &none).allowed
                    && whole.ask(&client_uid(&policy, client), action, uid, &none).allowed
            };
            let view = view_of(&policy, &caller, &base);
            prop_assert_eq!(view.is_ok(), both(Action::Read, &vocabulary::resource(&base)));
            let Ok(view) = view else { continue };
            for table in company::TABLES {
                let readable = both(Action::Read, &vocabulary::table(&base, table));
                prop_assert_eq!(view.tables().contains_key(table), readable);
            }
            let mail = match view.tables().contains_key("people") {
                false => Treatment::Deny,
                true if both(Action::ReadUnmasked, &vocabulary::column(&base, "people", "mail")) => Treatment::Clear,
                true => Treatment::Mask(MaskKind::Email),
            };
            prop_assert_eq!(view.treatment("people", "mail"), mail);
            prop_assert_eq!(view.treatment("people", "secret"), Treatment::Deny);
            prop_assert_eq!(view.treatment("people", "unlisted"), Treatment::Deny);
        }
    }
}

#[test]
fn people_whom_no_rule_names_share_a_party() {
    let policy = Policy::load(&super::house::files(), &super::house::tools()).expect("the policy");
    let ana = policy.caller(&principal("ana", "quickstart"), &[]).expect("ana");
    let eve = policy.caller(&principal("eve", "quickstart"), &[Arc::from("analyst")]).expect("eve");
    let dev = policy.caller(&principal("dev", "quickstart"), &[]).expect("dev");
    assert_eq!(ana.person.number, eve.person.number);
    assert_ne!(ana.person.number, dev.person.number);
    assert_eq!(ana.client.number, dev.client.number);
}

#[test]
fn a_full_cache_starts_afresh_and_stays_right() {
    let cache: Cache<u32, u32> = Cache::new(8);
    for round in 0..100 {
        assert_eq!(cache.get_or(round, |key| key * 2), round * 2);
        assert!(cache.len() <= 8);
    }
    assert_eq!(cache.get_or(99, |_| unreachable!()), 198);
}
