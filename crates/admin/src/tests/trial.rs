//! Decisions made again: of a log, and beside the calls that come.

use super::house::House;
use crate::{replay, shown};
use audit::{Intent, Refused, Who};
use authz::{Policy, PolicyFiles};
use domain::{CallId, Clock as _, Digest, Principal, Refusal, RefusalCode, SystemClock, UnixMillis};
use http::StatusCode;
use manifest::{
    AttributeKind, AttributeSource, Effect, IsolationTier, PolicyAttribute, ToolDefinition, ToolLimits,
    ToolManifest,
};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;

const SCHEMA: &str = include_str!("../../../../policies/schema.cedarschema");
const DATA: &str = "[shop.orders]\nid = \"clear\"\n[shop.salaries]\nid = \"clear\"\n";

const PEOPLE: u64 = 50;

/// Everybody may run short code and read orders; who may read salaries, and how long code runs without
/// approval, is what changes.
fn policy(salaries_of: &str, short_ms: u32) -> Arc<Policy> {
    let people: String = (0..PEOPLE).map(|at| format!("p{at} = [\"user\"]\n")).collect();
    let roles = format!(
        "tenant = \"acme\"\n[people]\n{people}[clients]\ndesk = \"trusted\"\n\
         [roles.user]\ngrants = [\n\
         {{ tool = \"query\", without_approval = true }},\n\
         {{ tool = \"code\", without_approval = 'context has timeout_ms && context.timeout_ms <= {short_ms}' }},\n\
         {{ resource = \"shop\", tables = [\"orders\"] }} ]\n\
         [classes.trusted]\ngrants = [{{ tool = \"*\", without_approval = true }}, {{ resource = \"*\", tables = [\"*\"] }}]\n"
    );
    let rule = format!(
        "permit (principal == Person::\"acme/{salaries_of}\", action == Action::\"read\", resource == Table::\"shop.salaries\");"
    );
    let texts =
        [("schema.cedarschema", SCHEMA), ("roles.toml", &roles), ("data.toml", DATA), ("more.cedar", &rule)];
    let files = PolicyFiles::from_texts(texts).unwrap();
    Arc::new(Policy::load(&files, &tools()).unwrap_or_else(|error| panic!("{:?}", error.problems())))
}

fn tools() -> Vec<Arc<ToolManifest>> {
    let argument = |name, kind| PolicyAttribute { name, kind, source: AttributeSource::Argument };
    let tool = |name: &str, attribute: PolicyAttribute| {
        let definition = ToolDefinition {
            name: name.parse().unwrap(),
            title: name.to_owned(),
            description: String::new(),
            input_schema: json!({ "type": "object" }),
            output_schema: None,
        };
        let (effect, tier) = (Effect::Read, IsolationTier::Connector);
        Arc::new(ToolManifest::new(definition, effect, tier, ToolLimits::DEFAULT, &[], &[attribute]).unwrap())
    };
    vec![
        tool("query", argument("tables", AttributeKind::StringSet)),
        tool("code", argument("timeout_ms", AttributeKind::Long)),
    ]
}

fn who(person: &str) -> Who {
    let principal = Principal {
        tenant: "acme".parse().unwrap(),
        person: person.parse().unwrap(),
        client: "desk".parse().unwrap(),
    };
    Who { principal, peer: None, user_agent: None }
}

fn refused(person: &str, tool: &str, basis: &str, code: RefusalCode) -> Refused {
    Refused {
        call: CallId::mint(SystemClock.now(), secrets::random().unwrap()),
        who: who(person),
        tool: Some(tool.to_owned()),
        refusal: Refusal::new(code, "as it was"),
        arguments: None,
        basis: Some(basis.to_owned()),
        policy: None,
        reasons: Vec::new(),
        controls: Vec::new(),
        duration_us: 1,
    }
}

/// Decisions in the log: some here, a million where the long tests run.
fn decisions() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the long test's size comes from whoever starts it")]
    let count = std::env::var("SECURE_MCP_SOAK_DECISIONS").ok();
    count.map_or(2_000, |text| text.parse().unwrap())
}

/// What the n-th call was: of fifty people, each fourth asks for salaries, each fourth runs code.
fn nth(at: u64) -> (String, &'static str, String, RefusalCode) {
    let person = format!("p{}", at % PEOPLE);
    let timeout = (at / PEOPLE) % 20 * 1_000;
    match at % 4 {
        0 => {
            let basis = r#"{"ends":"deny","read":"arguments","resource":"shop","attributes":{"tables":["salaries"]}}"#;
            (person, "query", basis.to_owned(), RefusalCode::Denied)
        }
        1 => {
            let ends = if timeout <= 10_000 { "allow" } else { "pending" };
            let basis =
                format!(r#"{{"ends":"{ends}","read":"arguments","attributes":{{"timeout_ms":{timeout}}}}}"#);
            (person, "code", basis, RefusalCode::ApprovalPending)
        }
        _ => {
            let basis =
                r#"{"ends":"allow","read":"arguments","resource":"shop","attributes":{"tables":["orders"]}}"#;
            (person, "query", basis.to_owned(), RefusalCode::RateLimited)
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_decisions_are_made_again_and_a_planted_change_is_found() {
    let house = House::open().await;
    let audit = &house.parts.audit;
    let wanted = decisions();
    for begin in (0..wanted).step_by(4_000) {
        let batch = (begin..(begin + 4_000).min(wanted)).map(|at| {
            let (person, tool, basis, code) = nth(at);
            let audit = audit.clone();
            tokio::spawn(async move { audit.refused(refused(&person, tool, &basis, code)).await.is_ok() })
        });
        for recorded in batch.collect::<Vec<_>>() {
            assert!(recorded.await.unwrap());
        }
    }
    let started = Instant::now();
    let same = replay(audit, UnixMillis(0), policy("p9", 10_000), None).await.unwrap();
    println!("{wanted} decisions again in {:?}", started.elapsed());
    let of_p9 = (0..wanted).filter(|at| at % 4 == 0 && at % PEOPLE == 9).count();
    assert_eq!((same.counts.decisions, same.counts.unknown, same.counts.lost), (wanted, 0, 0));
    assert_eq!(same.counts.gained, of_p9 as u64, "p9 never asked: 9 is not a multiple of 4");

    // Planted: p8 may read salaries, and code of more than five seconds waits.
    let started = Instant::now();
    let found = replay(audit, UnixMillis(0), policy("p8", 5_000), None).await.unwrap();
    let took = started.elapsed();
    let gained = (0..wanted).filter(|at| at % 4 == 0 && at % PEOPLE == 8).count() as u64;
    let lost = (0..wanted)
        .filter(|at| at % 4 == 1 && (5_001..=10_000).contains(&((at / PEOPLE) % 20 * 1_000)))
        .count() as u64;
    println!("{wanted} decisions again in {took:?}: {gained} gained, {lost} lost");
    assert_eq!((found.counts.gained, found.counts.lost, found.counts.unknown), (gained, lost, 0));
    assert_eq!(found.counts.same, wanted - gained - lost);
    assert!(gained > 0 && lost > 0);
    let body = shown(&found);
    let gains = body["gains"].as_array().unwrap();
    assert_eq!(gains.len(), 1, "{body}");
    assert_eq!(
        gains[0],
        json!({ "person": "p8", "client": "desk", "tool": "query", "resource": "shop", "from": "deny",
            "to": "allow", "decisions": gained })
    );
    let losses = body["losses"].as_array().unwrap();
    assert!(losses.iter().all(|loss| loss["tool"] == "code" && loss["to"] == "pending"), "{body}");
    // Two cores, a million: the promise is a minute.
    assert!(took.as_secs() < 60, "{took:?}");
    let read = house.events().into_iter().filter(|(event, _)| *event == "log_read").count();
    assert_eq!(read, 2);
}

#[tokio::test]
async fn what_was_erased_or_not_recorded_is_counted_and_not_guessed() {
    let house = House::open().await;
    let audit = &house.parts.audit;
    let allow = r#"{"ends":"allow","read":"call"}"#;
    audit.refused(refused("p1", "query", allow, RefusalCode::InvalidArguments)).await.unwrap();
    audit.refused(refused("p2", "query", allow, RefusalCode::InvalidArguments)).await.unwrap();
    audit.refused(refused("p3", "query", "no JSON", RefusalCode::InvalidArguments)).await.unwrap();
    audit.refused(refused("p4", "query", &"x".repeat(5_000), RefusalCode::InvalidArguments)).await.unwrap();
    audit.refused(refused("p5", "gone", allow, RefusalCode::InvalidArguments)).await.unwrap();
    let mut of_a_route = refused("p6", "admin/status", allow, RefusalCode::Denied);
    of_a_route.basis = None;
    audit.refused(of_a_route).await.unwrap();
    let digest = Digest::of(b"x");
    let intent = Intent {
        call: CallId::mint(SystemClock.now(), secrets::random().unwrap()),
        parent: None,
        who: who("p7"),
        tool: "query".parse().unwrap(),
        definition: digest,
        arguments: digest,
        arguments_bytes: 1,
        plan: digest,
        resource: None,
        policy: digest,
        reasons: Vec::new(),
        approval: None,
        basis: None,
        controls: Vec::new(),
    };
    drop(audit.intent(intent).await.unwrap());
    let log = audit.clone();
    tokio::task::spawn_blocking(move || log.erase(&"acme".parse().unwrap(), &"p2".parse().unwrap()))
        .await
        .unwrap()
        .unwrap();
    let report = replay(audit, UnixMillis(0), policy("p9", 1), None).await.unwrap();
    // p1 again; p2 is erased, p3 and p4 say nothing, p7's call has none; `gone` is no tool any more, and was.
    assert_eq!((report.counts.decisions, report.counts.same, report.counts.unknown), (6, 1, 4));
    assert_eq!((report.counts.lost, report.losses[0].0.to.to_string()), (1, "unknown_tool".to_owned()));
    let later = UnixMillis(SystemClock.now().0 + 1);
    assert_eq!(replay(audit, later, policy("p9", 1), None).await.unwrap().counts.decisions, 0);
}

#[tokio::test]
async fn a_shadow_is_started_reported_and_ended() {
    let house = House::open().await;
    let root = house.admin("root");
    let send = async |method: &str, path: &str, body: Value| {
        house.send(method, path, Some(&root), &body.to_string()).await
    };
    let (status, _) = send("GET", "/api/policy/shadow", json!("")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let folder = house.folder.path().join("policies");
    let files = PolicyFiles::read(&folder).unwrap();
    let texts: std::collections::BTreeMap<&str, &str> = files.that_decide().collect();
    let (status, started) = send("POST", "/api/policy/shadow", json!({ "files": texts })).await;
    assert_eq!(status, StatusCode::OK, "{started}");
    assert_eq!(started["policy"], house.parts.policy.now().policy_hash().to_string());
    let (status, report) = send("GET", "/api/policy/shadow", json!("")).await;
    assert_eq!((status, &report["decisions"], &report["dropped"]), (StatusCode::OK, &json!(0), &json!(0)));
    for wrong in
        [json!({}), json!({ "files": texts, "policy": "0" }), json!({ "files": texts, "since_ms": 1 })]
    {
        let (status, answer) = send("POST", "/api/policy/shadow", wrong).await;
        assert_eq!((status, answer["code"].as_str()), (StatusCode::BAD_REQUEST, Some("malformed")));
    }
    let (status, answer) = send("POST", "/api/policy/shadow", json!({ "files": { "roles.toml": "" } })).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("policy_invalid")));
    assert_eq!(send("POST", "/api/policy/shadow/off", json!({})).await.0, StatusCode::OK);
    assert_eq!(send("POST", "/api/policy/shadow/off", json!({})).await.0, StatusCode::NOT_FOUND);
}
