//! Making tokens: recorded first, for one's own tenant.

use super::house::House;
use crate::caller::Peer;
use authn::{Arrival, Audience, authenticate};
use domain::Secret;
use http::StatusCode;

#[tokio::test]
async fn a_token_is_good_for_what_was_asked_and_is_on_record() {
    let house = House::open().await;
    let body = r#"{"person":"ana","client":"desk","audience":"mcp","ttl_seconds":60}"#;
    let (status, answer) = house.send("POST", "/api/tokens", Some(&house.admin("root")), body).await;
    assert_eq!(status, StatusCode::CREATED);
    let arrival = Arrival {
        credentials: Some(Secret::new(answer["token"].as_str().unwrap().to_owned())),
        peer: [127, 0, 0, 1].into(),
        user_agent: None,
        body: Default::default(),
    };
    let caller = authenticate(&arrival, Audience::Mcp, &house.parts.authenticator).await.unwrap();
    let principal = caller.principal();
    assert_eq!((principal.tenant.as_str(), principal.person.as_str()), ("acme", "ana"));
    assert_eq!(house.events().iter().filter(|(event, _)| *event == "token_created").count(), 1);
}

#[tokio::test]
async fn a_token_of_another_tenant_or_lifetime_is_not_made() {
    let house = House::open().await;
    for (body, status, code) in [
        (
            r#"{"person":"ana","client":"desk","audience":"mcp","tenant":"other"}"#,
            StatusCode::FORBIDDEN,
            "denied",
        ),
        (
            r#"{"person":"ana","client":"desk","audience":"mcp","ttl_seconds":0}"#,
            StatusCode::BAD_REQUEST,
            "malformed",
        ),
        (
            r#"{"person":"ana","client":"desk","audience":"mcp","ttl_seconds":86401}"#,
            StatusCode::BAD_REQUEST,
            "malformed",
        ),
        (r#"{"person":"a na","client":"desk","audience":"mcp"}"#, StatusCode::BAD_REQUEST, "malformed"),
        (r#"{"person":"ana","client":"desk","audience":"both"}"#, StatusCode::BAD_REQUEST, "malformed"),
        (
            r#"{"person":"ana","client":"desk","audience":"mcp","roles":["admin"]}"#,
            StatusCode::BAD_REQUEST,
            "malformed",
        ),
    ] {
        let (found, answer) = house.send("POST", "/api/tokens", Some(&house.admin("root")), body).await;
        assert_eq!((found, answer["code"].as_str()), (status, Some(code)), "{body}");
    }
    assert!(house.events().iter().all(|(event, _)| *event != "token_created"));
}

#[tokio::test]
async fn the_owner_with_a_bad_token_is_not_the_owner() {
    let house = House::open().await;
    let body = r#"{"person":"ana","client":"desk","audience":"admin"}"#;
    let (status, _) = house.send("POST", "/api/tokens", Some(&house.admin("ana")), body).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, _) = house.send("POST", "/api/tokens", Some("x"), body).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(house.events().iter().all(|(event, _)| *event != "token_created"));
}

#[test]
fn the_owner_is_who_the_kernel_says() {
    let own = rustix::process::geteuid().as_raw();
    assert!(Peer::over_unix(Some(own)).is_owner);
    assert!(Peer::over_unix(Some(0)).is_owner);
    assert!(!Peer::over_unix(Some(own + 4711)).is_owner);
    assert!(!Peer::over_unix(None).is_owner);
    assert!(!Peer::over_tcp([127, 0, 0, 1].into()).is_owner);
}
