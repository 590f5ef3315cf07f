//! Erasing a person over the plane: recorded, and then nothing below the data directory names them.

use super::approving::waiting;
use super::house::House;
use http::StatusCode;
use std::fs;
use std::path::{Path, PathBuf};

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.metadata().unwrap().is_file() {
            found.push(path);
        }
    }
}

/// The files below the data directory that hold the word.
fn holding(house: &House, word: &str) -> Vec<PathBuf> {
    let mut all = Vec::new();
    files(house.folder.path(), &mut all);
    assert!(all.len() > 8);
    let holds = |path: &PathBuf| {
        fs::read(path).unwrap().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
    };
    all.into_iter().filter(holds).collect()
}

#[tokio::test]
async fn an_erased_person_is_named_nowhere_below_the_data_directory() {
    let house = House::open().await;
    let wilhelmina = house.admin("wilhelmina");
    house.send("GET", "/api/status", Some(&wilhelmina), "").await;
    waiting(&house, "wilhelmina", "{\"code\":\"1\"}").await;
    let other = waiting(&house, "ana", "{\"code\":\"2\"}").await;
    assert!(!holding(&house, "wilhelmina").is_empty(), "the approvals hold the name");
    let (size, root) = {
        let size = house.parts.audit.checkpoint().size.max(1);
        (size, house.parts.audit.root(size).unwrap())
    };

    let body = r#"{"person":"wilhelmina","reason":"request 4711"}"#;
    let (status, answer) = house.send("POST", "/api/audit/shred", Some(&house.admin("root")), body).await;
    assert_eq!((status, &answer["state"]), (StatusCode::OK, &"erased".into()), "{answer}");
    assert_eq!(holding(&house, "wilhelmina"), Vec::<PathBuf>::new());

    let records = house.parts.audit.tail(100).unwrap();
    let erased = records.iter().find(|record| record.event.name() == "subject_erased").unwrap();
    assert_eq!(Some(erased.index), answer["receipt"]["outcome_index"].as_u64());
    assert_eq!(erased.body["actor"]["user"]["name"], "root");
    assert_eq!(erased.body["user"]["name"], "(erased)");
    assert_eq!(erased.body["unmapped"]["reason"], "request 4711");
    assert_eq!(house.parts.audit.root(size).unwrap(), root);
    // Another person's request is as it was.
    let (_, answer) = house.send("GET", "/api/approvals", Some(&house.admin("sam")), "").await;
    assert_eq!(
        (answer["approvals"][0]["id"].as_str(), &answer["approvals"][1]),
        (Some(&*other), &serde_json::Value::Null)
    );
    // A search by the name finds nothing, and an erasure of nobody is refused.
    let (_, answer) =
        house.send("GET", "/api/audit/search?person=wilhelmina", Some(&house.admin("eve")), "").await;
    assert_eq!(answer["records"], serde_json::json!([]));
    let (status, _) = house.send("POST", "/api/audit/shred", Some(&house.admin("root")), body).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_erasure_that_is_not_as_it_should_be_is_refused_and_erases_nobody() {
    let house = House::open().await;
    house.send("GET", "/api/status", Some(&house.admin("ana")), "").await;
    let long = format!(r#"{{"person":"ana","reason":"{}"}}"#, "x".repeat(1001));
    for body in ["", "{}", r#"{"person":""}"#, r#"{"person":"ana","force":true}"#, &long] {
        let (status, _) = house.send("POST", "/api/audit/shred", Some(&house.admin("root")), body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    }
    let (status, _) =
        house.send("POST", "/api/audit/shred", Some(&house.admin("eve")), r#"{"person":"ana"}"#).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (tenant, person) = ("acme".parse().unwrap(), "ana".parse().unwrap());
    assert!(house.parts.audit.knows(&tenant, &person));
}

#[tokio::test]
async fn a_new_key_is_named_by_the_record_of_its_coming() {
    let house = House::open().await;
    let before = house.parts.audit.public_key().to_string();
    let (status, answer) = house
        .send("POST", "/api/audit/rotate-key", Some(&house.admin("root")), r#"{"reason":"yearly"}"#)
        .await;
    assert_eq!((status, answer["previous"].as_str()), (StatusCode::OK, Some(before.as_str())));
    assert_eq!(answer["key"], house.parts.audit.public_key().to_string());
    let records = house.parts.audit.tail(1).unwrap();
    let unmapped = &records[0].body["unmapped"];
    assert_eq!((records[0].event.name(), &unmapped["key"]), ("key_rotated", &answer["key"]));
    assert_eq!((&unmapped["previous"], &unmapped["reason"]), (&answer["previous"], &"yearly".into()));
}
