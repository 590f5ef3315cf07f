//! Deciding about calls: by another person, once, with everything in sight.

use super::house::House;
use crate::approval_list::escaped;
use approvals::Binding;
use audit::Who;
use domain::{CallId, Digest, Json, JsonLimits, Principal, RefusalCode};
use http::StatusCode;

/// A call of `person` that waits; the approval's id.
pub(super) async fn waiting(house: &House, person: &str, arguments: &str) -> String {
    let principal = Principal {
        tenant: "acme".parse().unwrap(),
        person: person.parse().unwrap(),
        client: "desk".parse().unwrap(),
    };
    let json = Json::parse(arguments.as_bytes(), JsonLimits::MESSAGE).unwrap();
    let binding = Binding {
        principal: principal.clone(),
        tool: "python-runner".parse().unwrap(),
        definition: Digest::of(b"definition"),
        arguments: Digest::of(arguments.as_bytes()),
        plan: Digest::of(b"plan"),
        policy: house.parts.policy.now().policy_hash(),
    };
    let who = Who { principal, peer: None, user_agent: None };
    let call = CallId::mint(house.parts.clock.now(), secrets::random().unwrap());
    let refusal = house.parts.approvals.require(&binding, who, &json, call).await.unwrap_err();
    assert_eq!(refusal.code(), RefusalCode::ApprovalPending);
    refusal.approval_id().unwrap().to_owned()
}

#[tokio::test]
async fn what_waits_is_shown_with_nothing_hidden() {
    let house = House::open().await;
    let id = waiting(&house, "ana", "{\"code\":\"print(1) # \u{202e}\u{200b}é\"}").await;
    let (status, answer) = house.send("GET", "/api/approvals", Some(&house.admin("sam")), "").await;
    assert_eq!(status, StatusCode::OK);
    let shown = &answer["approvals"][0];
    assert_eq!(shown["id"], id.as_str());
    assert_eq!(shown["arguments"], r#"{"code":"print(1) # \u202e\u200b\u00e9"}"#);
    assert_eq!(shown["requester"]["person"], "ana");
    assert_eq!(shown["definition"], Digest::of(b"definition").to_string());
    assert!(shown["expires_ms"].as_u64() > shown["requested_ms"].as_u64());
}

#[test]
fn signs_outside_of_ascii_are_escapes_that_json_reads_back() {
    let text = "\"a\u{7f}\u{e0041}ß\"";
    assert_eq!(escaped(text), "\"a\\u007f\\udb40\\udc41\\u00df\"");
    assert_eq!(serde_json::from_str::<String>(&escaped(text)).unwrap(), "a\u{7f}\u{e0041}ß");
}

#[tokio::test]
async fn another_person_decides_once() {
    let house = House::open().await;
    let id = waiting(&house, "ana", "{}").await;
    let path = format!("/api/approvals/{id}");
    let sam = house.admin("sam");
    let (status, answer) =
        house.send("POST", &path, Some(&sam), r#"{"decision":"grant","reason":"looks fine"}"#).await;
    assert_eq!((status, answer["state"].as_str()), (StatusCode::OK, Some("granted")));
    let (status, answer) = house.send("POST", &path, Some(&sam), r#"{"decision":"deny"}"#).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::NOT_FOUND, Some("not_found")));
    let events: Vec<_> = house.events().into_iter().map(|(event, _)| event).collect();
    assert_eq!(events.iter().filter(|event| **event == "approval_granted").count(), 1);
    let (_, answer) = house.send("GET", "/api/approvals", Some(&sam), "").await;
    assert_eq!(answer["approvals"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn nobody_decides_about_their_own_call() {
    let house = House::open().await;
    let id = waiting(&house, "sam", "{}").await;
    let path = format!("/api/approvals/{id}");
    for decision in [r#"{"decision":"grant"}"#, r#"{"decision":"deny"}"#] {
        let (status, answer) = house.send("POST", &path, Some(&house.admin("sam")), decision).await;
        assert_eq!((status, answer["code"].as_str()), (StatusCode::FORBIDDEN, Some("own_request")));
    }
    let refused =
        house.events().into_iter().filter(|event| *event == ("refused", "admin/approvals.decide".to_owned()));
    assert_eq!(refused.count(), 2);
}

#[tokio::test]
async fn a_decision_that_cannot_be_read_is_none() {
    let house = House::open().await;
    let id = waiting(&house, "ana", "{}").await;
    let path = format!("/api/approvals/{id}");
    let long = format!(r#"{{"decision":"grant","reason":"{}"}}"#, "x".repeat(1001));
    for body in [
        "",
        "[]",
        r#"{"decision":"yes"}"#,
        r#"{"decision":"deny","decision":"grant"}"#,
        r#"{"decision":"grant","person":"root"}"#,
        &long,
    ] {
        let (status, answer) = house.send("POST", &path, Some(&house.admin("sam")), body).await;
        assert_eq!((status, answer["code"].as_str()), (StatusCode::BAD_REQUEST, Some("malformed")), "{body}");
    }
    let (_, answer) = house.send("GET", "/api/approvals", Some(&house.admin("sam")), "").await;
    assert_eq!(answer["approvals"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn emergency_roles_are_asked_for_granted_and_listed() {
    let house = House::open().await;
    let (sam, root) = (house.admin("sam"), house.admin("root"));
    let ask = r#"{"roles":["admin"],"minutes":5,"reason":"it burns"}"#;
    let unknown = r#"{"roles":["emperor"],"minutes":5,"reason":"it burns"}"#;
    let (status, _) = house.send("POST", "/api/break-glass", Some(&sam), unknown).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, answer) = house.send("POST", "/api/break-glass", Some(&sam), ask).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let grant = format!("/api/break-glass/{}/grant", answer["id"].as_str().unwrap());
    // `sam` may not administer, before the grant and not without another person.
    let (status, answer) = house.send("POST", &grant, Some(&sam), "{}").await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::FORBIDDEN, Some("denied")));
    let (status, _) = house.send("POST", &grant, Some(&root), "{}").await;
    assert_eq!(status, StatusCode::OK);
    let (status, answer) = house.send("GET", "/api/status", Some(&sam), "").await;
    assert_eq!(status, StatusCode::OK, "the role is not in force: {answer}");
    let (_, answer) = house.send("GET", "/api/break-glass", Some(&root), "").await;
    assert_eq!(answer["break_glass"][0]["active"], true, "{answer}");
    let (_, metrics) = house.send("GET", "/metrics", Some(&root), "").await;
    assert!(metrics.as_str().unwrap().contains("secure_mcp_break_glass_active 1"), "{metrics}");
}
