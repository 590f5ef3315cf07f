//! Every route refuses everybody who may not use it; nothing but the table of routes says which exist.

use super::house::House;
use crate::endpoint::Endpoint;
use crate::openapi;
use authn::Audience;
use authz::AdminAction;
use http::StatusCode;
use serde_json::Value;

/// A path and a body that would be good.
fn good(endpoint: Endpoint) -> (String, &'static str) {
    let path = endpoint.path().replace("{id}", "a_none").replace("{call_id}", "00000000000000000000000000");
    let path = path.replace("{tile}", "0/000.p/255");
    let body = match endpoint {
        Endpoint::CreateToken => r#"{"person":"ana","client":"desk","audience":"mcp"}"#,
        Endpoint::DecideApproval => r#"{"decision":"grant"}"#,
        Endpoint::AskBreakGlass => r#"{"roles":["admin"],"minutes":10,"reason":"it burns"}"#,
        Endpoint::ReviewBreakGlass => r#"{"finding":"all was well"}"#,
        Endpoint::Revoke | Endpoint::LiftRevocation => r#"{"kind":"tool","name":"echo"}"#,
        Endpoint::AcceptPolicy | Endpoint::RollBackPolicy | Endpoint::EndShadow | Endpoint::RotateKey => "{}",
        Endpoint::CastShadow => r#"{"policy":"0"}"#,
        Endpoint::ReplayLog => r#"{"policy":"0","since_ms":0}"#,
        Endpoint::ShredPerson => r#"{"person":"nobody"}"#,
        _ => "",
    };
    (path, body)
}

/// Who has which action in the test's policy.
const PEOPLE: [(&str, Option<AdminAction>); 4] = [
    ("ana", None),
    ("sam", Some(AdminAction::Approve)),
    ("root", Some(AdminAction::Administer)),
    ("eve", Some(AdminAction::Audit)),
];

#[tokio::test]
async fn every_route_refuses_everybody_without_its_authority() {
    let house = House::open().await;
    let mut passed = 0;
    for endpoint in Endpoint::ALL {
        let (path, body) = good(endpoint);
        let mut refused = vec![
            ("a broken token", "x.y.z".to_owned(), StatusCode::UNAUTHORIZED, "unauthenticated"),
            (
                "a token for the MCP endpoint",
                house.token("acme", "root", "desk", Audience::Mcp),
                StatusCode::UNAUTHORIZED,
                "unauthenticated",
            ),
        ];
        for person in ["sam", "root", "eve"] {
            let foreign = house.token("other", person, "desk", Audience::Admin);
            refused.push(("a person of another tenant", foreign, StatusCode::FORBIDDEN, "denied"));
            let bound = house.token("acme", person, "robot", Audience::Admin);
            refused.push(("a client without the right", bound, StatusCode::FORBIDDEN, "denied"));
        }
        for (person, action) in PEOPLE {
            if action.is_none_or(|action| !endpoint.actions().contains(&action)) {
                refused.push((person, house.admin(person), StatusCode::FORBIDDEN, "denied"));
            }
        }
        for (who, token, status, code) in refused {
            let (found, answer) = house.send(endpoint.method(), &path, Some(&token), body).await;
            assert_eq!((found, answer["code"].as_str()), (status, Some(code)), "{endpoint:?}: {who}");
            assert!(answer["fix"].as_str().is_some_and(|fix| !fix.is_empty()), "{endpoint:?}: {who}");
            passed += 1;
        }
        // Over the socket the owner of the data directory may make tokens without one, and nothing else.
        let (status, _) = house.send(endpoint.method(), &path, None, body).await;
        let expected =
            if endpoint == Endpoint::CreateToken { StatusCode::CREATED } else { StatusCode::UNAUTHORIZED };
        assert_eq!(status, expected, "{endpoint:?}: the owner");
        passed += 1;
    }
    println!("{passed} passed");
}

#[tokio::test]
async fn every_route_answers_somebody_with_its_authority() {
    let house = House::open().await;
    for endpoint in Endpoint::ALL {
        let (path, body) = good(endpoint);
        for (person, action) in PEOPLE {
            if action.is_some_and(|action| endpoint.actions().contains(&action)) {
                let (status, answer) =
                    house.send(endpoint.method(), &path, Some(&house.admin(person)), body).await;
                let is_reached = status.is_success() || answer["code"] == "not_found";
                assert!(is_reached, "{endpoint:?} by {person}: {status} {answer}");
            }
        }
    }
}

#[tokio::test]
async fn every_refusal_of_a_known_person_is_recorded_with_its_route() {
    let house = House::open().await;
    for endpoint in Endpoint::ALL {
        let (path, body) = good(endpoint);
        house.send(endpoint.method(), &path, Some(&house.admin("ana")), body).await;
    }
    let refused: Vec<_> = house.events().into_iter().filter(|(event, _)| *event == "refused").collect();
    let expected: Vec<_> =
        Endpoint::ALL.iter().map(|endpoint| ("refused", endpoint.name().to_owned())).collect();
    assert_eq!(refused, expected);
}

#[test]
fn the_contract_names_every_route_and_no_other() {
    let document: Value = serde_json::from_str(openapi::DOCUMENT).unwrap();
    let mut written = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let actions: Vec<AdminAction> =
                serde_json::from_value(operation["x-policy-actions"].clone()).unwrap();
            written.push((path.clone(), method.to_uppercase(), actions));
        }
    }
    let mut served: Vec<_> = Endpoint::ALL
        .iter()
        .map(|endpoint| {
            (endpoint.path().to_owned(), endpoint.method().to_owned(), endpoint.actions().to_vec())
        })
        .collect();
    written.sort();
    served.sort();
    assert_eq!(written, served);
}

#[tokio::test]
async fn a_web_page_and_an_unknown_route_get_nothing() {
    let house = House::open().await;
    let token = house.admin("root");
    let request = http::Request::builder()
        .uri("/api/status")
        .header("host", "localhost")
        .header("origin", "https://evil.example")
        .header("authorization", format!("Bearer {token}"));
    let (status, answer) = house.ask(request.body(Default::default()).unwrap()).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::FORBIDDEN, Some("bad_origin")));
    for (method, path) in
        [("GET", "/api/tokens"), ("DELETE", "/api/approvals"), ("GET", "/"), ("POST", "/api/users")]
    {
        let (status, answer) = house.send(method, path, Some(&token), "").await;
        assert_eq!(
            (status, answer["code"].as_str()),
            (StatusCode::NOT_FOUND, Some("not_found")),
            "{method} {path}"
        );
    }
}
