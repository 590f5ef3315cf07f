//! Decisions while the policy is exchanged: each is one of the old or of the new, whole, and no later
//! than the exchange.

use crate::house;
use crate::office::Office;
use authz::{Policy, PolicyFiles, PolicyInForce, authorize, data_view, needs_approval, permits_arguments};
use domain::{Digest, ResourceName};
use manifest::{AttributeValue, Attributes, ToolManifest};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const READERS: usize = 4;

/// What one look at the policy in force says about one call: the layers' questions in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    visible: bool,
    arguments: bool,
    without_approval: bool,
    customers: bool,
    metrics: bool,
}

/// Ana is an analyst in the one and a developer in the other: each answer below differs.
fn policies(tools: &[Arc<ToolManifest>]) -> [Arc<Policy>; 2] {
    let text = |name: &str| {
        let path = format!("{}/../../policies/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).expect("a text")
    };
    [("[\"analyst\"]", "[\"analyst\"]"), ("[\"analyst\"]", "[\"developer\"]")].map(|(from, to)| {
        let files = ["schema.cedarschema", "roles.toml", "data.toml", "guardrails.cedar"];
        let files =
            files.map(|name| (name, text(name).replace(&format!("ana  = {from}"), &format!("ana  = {to}"))));
        Arc::new(Policy::load(&PolicyFiles::from_texts(files).expect("files"), tools).expect("a policy"))
    })
}

fn attributes(tool: &ToolManifest, at: usize) -> Attributes {
    match tool.name().as_str() {
        "python-runner" | "code-executor" => Attributes::from([
            ("network".to_owned(), AttributeValue::Bool(false)),
            (
                "timeout_ms".to_owned(),
                AttributeValue::Long(if at.is_multiple_of(2) { 10_000 } else { 60_000 }),
            ),
        ]),
        "database-query" => {
            Attributes::from([("operation".to_owned(), AttributeValue::String("query".to_owned()))])
        }
        _ => Attributes::new(),
    }
}

/// Asks everything that a call asks, with one look at what is in force. Gives the hash that the permit
/// or the refusal carries.
fn ask(
    caller: authn::Authenticated,
    tool: &Arc<ToolManifest>,
    at: usize,
    policy: &Arc<Policy>,
) -> (Digest, Said) {
    let resource = |name: &str| name.parse::<ResourceName>().expect("a resource");
    match authorize(caller, Some(tool), policy) {
        Err(denied) => {
            let nothing = Said {
                visible: false,
                arguments: false,
                without_approval: false,
                customers: false,
                metrics: false,
            };
            (denied.policy, nothing)
        }
        Ok(permit) => {
            let attributes = attributes(tool, at);
            let said = Said {
                visible: true,
                arguments: permits_arguments(&permit, &attributes).is_ok(),
                without_approval: needs_approval(&permit, &attributes) == authz::Approval::NotNeeded,
                customers: data_view(&permit, &resource("customer_database")).is_ok(),
                metrics: data_view(&permit, &resource("metrics_db")).is_ok(),
            };
            (permit.policy_hash(), said)
        }
    }
}

/// Decisions: some here, a million where the long tests run.
fn decisions() -> usize {
    #[allow(clippy::disallowed_methods, reason = "the long test's size comes from whoever starts it")]
    let factor = std::env::var("SECURE_MCP_SOAK_FACTOR").ok();
    10_000 * factor.map_or(1, |text| text.parse::<usize>().expect("a number"))
}

#[test]
fn no_decision_is_between_two_policies() {
    let tools = house::tools();
    let both = policies(&tools);
    let office = Office::open();
    let caller = office.caller("ana");
    let expected: Vec<Vec<(Digest, Said)>> = both
        .iter()
        .map(|policy| {
            let asked = |at: usize| ask(caller.child(), &tools[at % 4], at / 4, policy);
            (0..8).map(asked).collect()
        })
        .collect();
    for at in 0..8 {
        let visible = expected.iter().filter(|said| said[at].1.visible).count();
        assert!(expected[0][at].1 != expected[1][at].1 && visible > 0, "question {at} tells nothing");
    }
    let in_force = PolicyInForce::new(Arc::clone(&both[0]));
    // The exchange of number n was begun, and was done.
    let (begun, done, stop) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let each = decisions() / READERS;
    let (settled, exchanges) = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS)
            .map(|reader| {
                let (in_force, caller) = (&in_force, caller.child());
                let (begun, done, tools, expected) = (&begun, &done, &tools, &expected);
                scope.spawn(move || {
                    let mut settled = 0;
                    for at in 0..each {
                        let question = (at + reader) % 8;
                        let first = done.load(Ordering::SeqCst);
                        let policy = in_force.now();
                        let last = begun.load(Ordering::SeqCst);
                        let found = ask(caller.child(), &tools[question % 4], question / 4, &policy);
                        let which = expected.iter().position(|said| said[question] == found);
                        let which = which.unwrap_or_else(|| panic!("neither gives {found:?} for {question}"));
                        // Nothing was exchanged meanwhile: it has to be that very policy.
                        if first == last {
                            assert_eq!(which, first % 2, "an exchange that was done did not hold");
                            settled += 1;
                        }
                    }
                    settled
                })
            })
            .collect();
        let changer = scope.spawn(|| {
            let mut number = 0;
            while !stop.load(Ordering::SeqCst) {
                number += 1;
                begun.store(number, Ordering::SeqCst);
                in_force.replace(Arc::clone(&both[number % 2]));
                done.store(number, Ordering::SeqCst);
                std::thread::yield_now();
            }
            number
        });
        let settled: usize = readers.into_iter().map(|reader| reader.join().expect("a reader")).sum();
        stop.store(true, Ordering::SeqCst);
        (settled, changer.join().expect("the changer"))
    });
    println!(
        "{} decisions, {settled} with nothing exchanged meanwhile, {exchanges} exchanges",
        each * READERS
    );
    assert!(exchanges > 10);
}
