//! Searching the log over the plane.

use super::house::House;
use http::StatusCode;
use serde_json::Value;

fn routes(answer: &Value) -> Vec<String> {
    let records = answer["records"].as_array().unwrap();
    records.iter().map(|record| record["record"]["api"]["operation"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_search_gives_pages_and_is_itself_a_record() {
    let house = House::open().await;
    for path in ["/api/approvals", "/api/status", "/metrics"] {
        house.send("GET", path, Some(&house.admin("ana")), "").await;
        house.send("GET", path, Some(&house.admin("eve")), "").await;
    }
    let eve = house.admin("eve");
    let first = "/api/audit/search?person=ana&event=refused&decision=deny&limit=2";
    let (status, answer) = house.send("GET", first, Some(&eve), "").await;
    assert_eq!(
        (status, routes(&answer)),
        (StatusCode::OK, vec!["admin/metrics".into(), "admin/status".into()])
    );
    let next = format!("{first}&before={}", answer["next"]);
    let (_, answer) = house.send("GET", &next, Some(&eve), "").await;
    assert_eq!((routes(&answer), &answer["next"]), (vec!["admin/approvals.list".to_owned()], &Value::Null));
    let records = house.parts.audit.tail(1).unwrap();
    let body = &records[0].body;
    assert_eq!((records[0].event.name(), &body["unmapped"]["command"]), ("log_read", &"search".into()));
    assert_eq!((&body["actor"]["user"]["name"], &body["user"]["name"]), (&"eve".into(), &"ana".into()));
    for (query, count) in [
        ("tool=admin%2Fstatus", 1),
        ("control=authz.policy=refused&person=ana", 3),
        ("control=authz.policy%3Dpass&person=ana", 0),
        ("person=nobody", 0),
        ("until_ms=1", 0),
        ("event=log_read&person=ana", 4),
    ] {
        let (status, answer) = house.send("GET", &format!("/api/audit/search?{query}"), Some(&eve), "").await;
        assert_eq!(
            (status, answer["records"].as_array().map(Vec::len)),
            (StatusCode::OK, Some(count)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn another_tenant_s_person_of_the_same_name_is_not_found() {
    let house = House::open().await;
    let foreign = house.token("other", "ana", "desk", authn::Audience::Admin);
    house.send("GET", "/api/status", Some(&foreign), "").await;
    let (_, answer) = house.send("GET", "/api/audit/search?person=ana", Some(&house.admin("eve")), "").await;
    assert_eq!(answer["records"], serde_json::json!([]));
}

#[tokio::test]
async fn a_search_that_means_nothing_is_refused() {
    let house = House::open().await;
    for (query, says) in [
        ("decision=maybe", "`decision` is not one of: allow, deny, pending"),
        ("event=refuse", "`event` is not one of: server_started"),
        ("control=scan", "`control` is not CONTROL"),
        ("control=scan.secrets=good", "with pass, changed, refused, error or not_configured"),
        ("limit=0", "`limit` is not between 1 and 1000"),
        ("limit=1001", "`limit` is not between 1 and 1000"),
        ("before=x", "cannot be read"),
        ("name=ana", "unknown field `name`"),
        ("person=ana&person=dev", "duplicate field `person`"),
    ] {
        let path = format!("/api/audit/search?{query}");
        let (status, answer) = house.send("GET", &path, Some(&house.admin("eve")), "").await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
        assert!(answer["cause"].as_str().unwrap().contains(says), "{query}: {answer}");
    }
}
