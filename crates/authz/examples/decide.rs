//! Prints what decisions cost: `cargo run --release -p authz --example decide`.
//!
//! A policy of 500 roles and 5,000 grants over 1,000 tools, 25 hand-written rules; and one of 50
//! roles and 500 policies for the time of loading. Medians of many rounds on one thread.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "an example on data of its own, which prints"
)]

use authn::{Arrival, Audience, Authenticated, Authenticator, LocalIssuer, TokenRequest, authenticate};
use authz::{Policy, PolicyFiles, authorize, data_view, needs_approval, permits_arguments, visible};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use domain::{Clock, Secret, SystemClock};
use futures_util::FutureExt as _;
use manifest::{AttributeValue, Attributes, ToolManifest};
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[path = "../tests/it/house.rs"]
#[allow(dead_code, reason = "shared with the integration tests, which use the rest")]
mod house;

const SCHEMA: &str = include_str!("../../../policies/schema.cedarschema");
const DATA: &str = include_str!("../../../policies/data.toml");
const URL: &str = "https://gateway.test/mcp";

fn tools(count: usize) -> Vec<Arc<ToolManifest>> {
    use manifest::{AttributeKind, AttributeSource, Effect, PolicyAttribute};
    let attributes = [
        PolicyAttribute { name: "network", kind: AttributeKind::Bool, source: AttributeSource::Plan },
        PolicyAttribute { name: "timeout_ms", kind: AttributeKind::Long, source: AttributeSource::Plan },
    ];
    (0..count).map(|at| house::tool(&format!("tool-{at}"), Effect::Execute, &["code"], &attributes)).collect()
}

/// Roles of ten grants each; each person has three roles. Every fifth grant has a condition.
fn files(roles: usize, grants: usize, tools: usize) -> PolicyFiles {
    let mut text = "tenant = \"acme\"\n[people]\n".to_owned();
    for person in 0..roles {
        let held =
            [person, (person + 7) % roles, (person + 31) % roles].map(|role| format!("\"role-{role}\""));
        writeln!(text, "person-{person} = [{}]", held.join(", ")).expect("text");
    }
    text.push_str("[clients]\nquickstart = \"trusted\"\n");
    text.push_str("[classes.trusted]\ngrants = [{ tool = \"*\", without_approval = true }, { resource = \"*\", tables = [\"*\"] }]\n");
    for role in 0..roles {
        writeln!(text, "[roles.role-{role}]\ngrants = [").expect("text");
        for grant in 0..grants / roles {
            let tool = (role * 13 + grant * 7) % tools;
            let condition = if grant % 5 == 0 {
                ", without_approval = 'context has timeout_ms && context.timeout_ms <= 10000'"
            } else {
                ""
            };
            writeln!(text, "  {{ tool = \"tool-{tool}\"{condition} }},").expect("text");
        }
        text.push_str("  { resource = \"customer_database\", tables = [\"customers\", \"orders\"] },\n]\n");
    }
    let mut rules = String::new();
    for at in 0..25 {
        writeln!(
            rules,
            "@id(\"guard-{at}\") forbid (principal, action == Action::\"callWith\", resource in ToolGroup::\"code\")\n\
             when {{ context has network && context.network && context has timeout_ms && context.timeout_ms > {} }};",
            100_000 + at
        )
        .expect("text");
    }
    PolicyFiles::from_texts([
        ("schema.cedarschema", SCHEMA),
        ("roles.toml", &text),
        ("data.toml", DATA),
        ("guards.cedar", &rules),
    ])
    .expect("the files")
}

fn evidence(person: &str) -> Authenticated {
    let pair = Ed25519KeyPair::generate().expect("a key");
    let pkcs8 = Secret::new(pair.to_pkcs8().expect("its text").as_ref().to_vec());
    let public = pair.public_key().as_ref().try_into().expect("32 bytes");
    let issuer = LocalIssuer::new("https://gateway.test".to_owned(), URL.to_owned(), &pkcs8, public);
    let authenticator =
        Authenticator::new(vec![issuer.trusted().expect("an issuer")], URL.to_owned(), Arc::new(SystemClock));
    let request = TokenRequest {
        tenant: "acme".parse().expect("a tenant"),
        person: person.parse().expect("a person"),
        client: "quickstart".parse().expect("a client"),
        audience: Audience::Mcp,
        lifetime: Duration::from_secs(600),
    };
    let token = issuer.mint(&request, SystemClock.now(), [7; 16]).expect("a token");
    let arrival = Arrival {
        credentials: Some(token),
        peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
        user_agent: None,
        body: bytes::Bytes::new(),
    };
    let answer = authenticate(&arrival, Audience::Mcp, &authenticator);
    answer.now_or_never().expect("nothing to wait for").expect("evidence")
}

/// The median and the 99th percentile of `rounds` runs.
fn time(name: &str, rounds: usize, mut run: impl FnMut(usize)) {
    let mut nanoseconds: Vec<u128> = (0..rounds)
        .map(|round| {
            let start = Instant::now();
            run(round);
            start.elapsed().as_nanos()
        })
        .collect();
    nanoseconds.sort_unstable();
    let at = |part: usize| nanoseconds[(nanoseconds.len() - 1) * part / 100] as f64 / 1_000.0;
    println!("{name:<58} p50 {:>10.2} µs   p99 {:>10.2} µs", at(50), at(99));
}

fn main() {
    let few = tools(100);
    let small = files(50, 450, few.len());
    time("load: 50 roles, 525 policies, 100 tools", 9, |_| {
        std::hint::black_box(Policy::load(&small, &few).expect("a policy"));
    });

    let many = tools(1_000);
    let large = files(500, 5_000, many.len());
    time("load: 500 roles, 5,000 grants, 1,000 tools", 3, |_| {
        std::hint::black_box(Policy::load(&large, &many).expect("a policy"));
    });
    let policy = Arc::new(Policy::load(&large, &many).expect("a policy"));

    let people: Vec<Authenticated> = (0..200).map(|at| evidence(&format!("person-{at}"))).collect();
    time("authorize: cold, a new person each time", people.len(), |round| {
        std::hint::black_box(
            authorize(people[round].child(), Some(&many[(round * 13) % 1_000]), &policy).is_ok(),
        );
    });
    let person = evidence("person-0");
    let granted = &many[0];
    authorize(person.child(), Some(granted), &policy).expect("a permit");
    time("authorize: remembered, permitted", 200_000, |_| {
        std::hint::black_box(authorize(person.child(), Some(granted), &policy).is_ok());
    });
    time("authorize: remembered, no such tool", 200_000, |_| {
        std::hint::black_box(authorize(person.child(), None, &policy).is_ok());
    });
    time("visible: remembered", 200_000, |_| {
        std::hint::black_box(visible(&person, granted, &policy));
    });
    let other = evidence("person-250");
    time("list 1,000 tools: cold", 1, |_| {
        std::hint::black_box(many.iter().filter(|tool| visible(&other, tool, &policy)).count());
    });
    time("list 1,000 tools: remembered", 1_000, |_| {
        std::hint::black_box(many.iter().filter(|tool| visible(&other, tool, &policy)).count());
    });

    let permit = authorize(person.child(), Some(granted), &policy).expect("a permit");
    let call = Attributes::from([
        ("network".to_owned(), AttributeValue::Bool(false)),
        ("timeout_ms".to_owned(), AttributeValue::Long(5_000)),
    ]);
    permits_arguments(&permit, &call).expect("permitted");
    time("permits_arguments: both sides, 25 rules read attributes", 20_000, |_| {
        std::hint::black_box(permits_arguments(&permit, &call).is_ok());
    });
    time("needs_approval: one grant reads attributes", 20_000, |_| {
        std::hint::black_box(needs_approval(&permit, &call));
    });
    let resource = "customer_database".parse().expect("a resource");
    time("data_view: cold", 1, |_| {
        std::hint::black_box(data_view(&permit, &resource).is_ok());
    });
    time("data_view: remembered", 200_000, |_| {
        std::hint::black_box(data_view(&permit, &resource).is_ok());
    });
}
