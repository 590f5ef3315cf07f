//! The family Audit of attacks, those over the plane: `crates/audit/tests/attacks.toml`.

use super::house::House;
use http::StatusCode;
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct Case {
    kind: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    path: String,
}

#[tokio::test]
async fn every_reader_is_in_the_log_and_nobody_reads_without_the_right() {
    let cases: Cases = toml::from_str(include_str!("../../../audit/tests/attacks.toml")).unwrap();
    let house = House::open().await;
    house.send("GET", "/api/status", Some(&house.admin("ana")), "").await;
    while house.parts.audit.checkpoint().size == 0 {
        tokio::task::yield_now().await;
    }
    let mut passed = 0;
    for case in cases.case {
        let before = house.parts.audit.tail(1000).unwrap().len();
        match case.kind.as_str() {
            "reader" => {
                let (status, _) = house.send("GET", &case.path, Some(&house.admin("eve")), "").await;
                assert_eq!(status, StatusCode::OK, "{case:?}");
                let records = house.parts.audit.tail(1000).unwrap();
                let last = records.last().unwrap();
                assert_eq!((records.len(), last.event.name()), (before + 1, "log_read"), "{case:?}");
                assert_eq!(last.body["actor"]["user"]["name"], "eve", "{case:?}");
            }
            "refused" => {
                let body = if case.method == "POST" { r#"{"person":"ana"}"# } else { "" };
                let token = house.admin(&case.person);
                let (status, answer) = house.send(&case.method, &case.path, Some(&token), body).await;
                assert_eq!((status, &answer["code"]), (StatusCode::FORBIDDEN, &"denied".into()), "{case:?}");
                let records = house.parts.audit.tail(1000).unwrap();
                let last = records.last().unwrap();
                assert_eq!((records.len(), last.event.name()), (before + 1, "refused"), "{case:?}");
                assert_eq!(last.body["actor"]["user"]["name"], case.person.as_str(), "{case:?}");
            }
            _ => continue,
        }
        passed += 1;
    }
    assert!(passed >= 9, "only {passed} cases");
    println!("{passed} passed");
}
