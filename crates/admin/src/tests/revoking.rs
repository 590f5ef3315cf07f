//! Revoking and lifting: in force at once, on disk, recorded, for one's own tenant and never for oneself.

use super::house::House;
use http::StatusCode;
use serde_json::{Value, json};

async fn ask(house: &House, path: &str, body: Value) -> (StatusCode, Value) {
    house.send("POST", path, Some(&house.admin("root")), &body.to_string()).await
}

async fn listed(house: &House) -> Vec<(String, String)> {
    let (_, answer) = house.send("GET", "/api/revocations", Some(&house.admin("root")), "").await;
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    answer["revocations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (text(row, "kind"), text(row, "name")))
        .collect()
}

#[tokio::test]
async fn a_revoked_person_is_refused_on_this_plane_too_until_it_is_lifted() {
    let house = House::open().await;
    let sam = house.admin("sam");
    let status = async |token: &str| house.send("GET", "/api/approvals", Some(token), "").await.0;
    assert_eq!(status(&sam).await, StatusCode::OK);
    let body = json!({ "kind": "person", "name": "sam", "reason": "sam left" });
    let (found, answer) = ask(&house, "/api/revocations", body.clone()).await;
    assert_eq!((found, answer["state"].as_str()), (StatusCode::OK, Some("revoked")));
    assert_eq!(status(&sam).await, StatusCode::UNAUTHORIZED, "a token that was good a moment ago");
    assert_eq!(status(&house.admin("sam")).await, StatusCode::UNAUTHORIZED, "a new token");
    assert_eq!(house.parts.store.revocations().await.unwrap().len(), 1);
    assert_eq!(listed(&house).await, [("person".to_owned(), "sam".to_owned())]);
    let (found, _) = ask(&house, "/api/revocations/lift", body).await;
    assert_eq!(found, StatusCode::OK);
    assert_eq!(status(&sam).await, StatusCode::OK);
    assert!(listed(&house).await.is_empty());
    let states: Vec<Value> = house
        .parts
        .audit
        .tail(100)
        .unwrap()
        .iter()
        .filter(|record| record.event.name() == "revoked")
        .map(|record| {
            let place = |at| record.body.pointer(at).cloned().unwrap_or_default();
            json!([place("/unmapped/state"), place("/user/name"), place("/unmapped/reason")])
        })
        .collect();
    assert_eq!(states, [json!(["revoked", "sam", "sam left"]), json!(["lifted", "sam", "sam left"])]);
}

#[tokio::test]
async fn nobody_shuts_themselves_out_and_a_token_stays_revoked() {
    let house = House::open().await;
    for (kind, name) in [("person", "root"), ("client", "desk")] {
        let (status, answer) = ask(&house, "/api/revocations", json!({ "kind": kind, "name": name })).await;
        assert_eq!((status, answer["code"].as_str()), (StatusCode::FORBIDDEN, Some("own_access")), "{kind}");
    }
    let token = json!({ "kind": "token", "name": "-jti_1" });
    assert_eq!(ask(&house, "/api/revocations", token.clone()).await.0, StatusCode::OK);
    let (status, answer) = ask(&house, "/api/revocations/lift", token).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::FORBIDDEN, Some("final")));
    assert_eq!(listed(&house).await.len(), 1);
}

#[tokio::test]
async fn what_is_no_kind_or_name_or_is_not_revoked_is_refused() {
    let house = House::open().await;
    for body in [
        json!({ "kind": "role", "name": "analyst" }),
        json!({ "kind": "person", "name": "a na" }),
        json!({ "kind": "person" }),
        json!({ "kind": "person", "name": "ana", "tenant": "other" }),
        json!({ "kind": "person", "name": "ana", "reason": "x".repeat(1001) }),
    ] {
        let (status, answer) = ask(&house, "/api/revocations", body.clone()).await;
        assert_eq!((status, answer["code"].as_str()), (StatusCode::BAD_REQUEST, Some("malformed")), "{body}");
    }
    let (status, _) = ask(&house, "/api/revocations/lift", json!({ "kind": "person", "name": "ana" })).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(house.events().iter().all(|(event, _)| *event != "revoked"));
}
