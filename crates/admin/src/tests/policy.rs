//! A policy comes into force while the plane runs, goes back, and never by halves.

use super::house::House;
use http::StatusCode;
use serde_json::{Value, json};
use std::path::PathBuf;

impl House {
    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join("policies").join(name), text).unwrap();
    }

    fn change_roles(&self, from: &str, to: &str) {
        let path = self.folder.path().join("policies/roles.toml");
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from}");
        self.write("roles.toml", &text.replace(from, to));
    }

    fn version(&self, policy: &Value) -> PathBuf {
        self.folder.path().join("versions").join(policy.as_str().unwrap())
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.send("POST", path, Some(&self.admin("root")), &body.to_string()).await
    }

    async fn accept(&self) -> Value {
        let (status, change) = self.post("/api/policy/accept", json!({})).await;
        assert_eq!(status, StatusCode::OK, "{change}");
        change
    }

    async fn folder_state(&self) -> Value {
        self.send("GET", "/api/status", Some(&self.admin("root")), "").await.1["policy_folder"]["state"]
            .clone()
    }

    async fn may_list(&self, person: &str) -> bool {
        self.send("GET", "/api/approvals", Some(&self.admin(person)), "").await.0 == StatusCode::OK
    }

    /// Policy and previous of every `policy_loaded` record.
    fn loaded(&self) -> Vec<(Value, Value)> {
        let records = self.parts.audit.tail(1000).unwrap();
        let loaded = records.iter().filter(|record| record.event.name() == "policy_loaded");
        loaded
            .map(|one| (one.body["unmapped"]["policy"].clone(), one.body["unmapped"]["previous"].clone()))
            .collect()
    }
}

#[tokio::test]
async fn a_changed_folder_is_announced_and_only_accepting_it_puts_it_in_force() {
    let house = House::open().await;
    assert_eq!(house.folder_state().await, "same");
    house.change_roles("ana = [\"user\"]", "ana = [\"user\", \"approver\"]");
    assert_eq!(house.folder_state().await, "changed");
    assert!(!house.may_list("ana").await);
    let before = house.parts.policy.now().policy_hash().to_string();

    let change = house.accept().await;
    assert_eq!((&change["previous"], &change["changed"]), (&json!(before), &json!(true)));
    assert!(house.may_list("ana").await);
    assert_eq!(house.folder_state().await, "same");
    assert_eq!(house.loaded(), [(change["policy"].clone(), json!(before))]);
    assert_eq!(house.accept().await["changed"], false);
    assert_eq!(house.loaded().len(), 1);
}

#[tokio::test]
async fn a_folder_that_does_not_load_changes_nothing() {
    let house = House::open().await;
    let before = house.parts.policy.now().policy_hash();
    for (name, text) in [
        ("roles.toml", "tenant = "),
        ("rules.cedar", "permit (principal, action, resource) when { context.nothing };"),
        ("rules.cedr", ""),
    ] {
        house.write(name, text);
        let (status, answer) = house.post("/api/policy/accept", json!({})).await;
        assert_eq!(
            (status, answer["code"].as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, Some("policy_invalid")),
            "{name}: {answer}"
        );
        assert!(answer["cause"].as_str().is_some_and(|cause| cause.contains(name) || name == "rules.cedar"));
        assert_eq!(house.folder_state().await, "unusable");
    }
    assert_eq!(house.parts.policy.now().policy_hash(), before);
    assert!(house.loaded().is_empty());
}

#[tokio::test]
async fn a_log_that_takes_no_record_leaves_the_policy_as_it_was() {
    let house = House::open().await;
    let before = house.parts.policy.now().policy_hash();
    house.change_roles("ana = [\"user\"]", "ana = [\"approver\"]");
    house.parts.audit.close();
    assert!(house.parts.desk.accept(crate::By::Owner).await.is_err());
    assert_eq!(house.parts.policy.now().policy_hash(), before);
}

#[tokio::test]
async fn every_accepted_policy_is_kept_and_one_request_goes_back() {
    let house = House::open().await;
    let (status, answer) = house.post("/api/policy/rollback", json!({})).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::NOT_FOUND, Some("not_found")));

    house.change_roles("ana = [\"user\"]", "ana = [\"user\", \"approver\"]");
    let first = house.accept().await;
    house.change_roles("may = [\"audit\"]", "may = [\"audit\", \"approve\"]");
    let second = house.accept().await;
    assert!(house.may_list("eve").await);

    let (status, back) = house.post("/api/policy/rollback", json!({})).await;
    assert_eq!((status, &back["policy"]), (StatusCode::OK, &first["policy"]));
    assert!(house.may_list("ana").await && !house.may_list("eve").await);
    assert_eq!(house.folder_state().await, "changed");
    let start: String = second["policy"].as_str().unwrap().chars().take(12).collect();
    let (_, again) = house.post("/api/policy/rollback", json!({ "policy": start })).await;
    assert_eq!(again["policy"], second["policy"]);
    assert!(house.may_list("eve").await);

    let root = house.admin("root");
    let (_, list) = house.send("GET", "/api/policy/versions", Some(&root), "").await;
    let listed: Vec<&Value> = list["versions"].as_array().unwrap().iter().map(|one| &one["policy"]).collect();
    assert_eq!(listed, [&first["policy"], &second["policy"], &first["policy"], &second["policy"]]);
    assert_eq!(house.loaded().len(), 4);
    for (kept, name) in [(&first, "roles.toml"), (&second, "schema.cedarschema")] {
        assert!(house.version(&kept["policy"]).join(name).is_file());
    }
}

#[tokio::test]
async fn a_kept_version_that_was_changed_is_refused() {
    let house = House::open().await;
    house.change_roles("ana = [\"user\"]", "ana = [\"approver\"]");
    let first = house.accept().await;
    house.change_roles("ana = [\"approver\"]", "ana = [\"user\"]");
    let second = house.accept().await;
    let kept = house.version(&first["policy"]).join("roles.toml");
    let text = std::fs::read_to_string(&kept).unwrap();
    std::fs::write(&kept, text.replace("ana = [\"approver\"]", "ana = [\"approver\", \"admin\"]")).unwrap();

    let (status, answer) = house.post("/api/policy/rollback", json!({ "policy": first["policy"] })).await;
    assert_eq!(
        (status, answer["code"].as_str()),
        (StatusCode::CONFLICT, Some("policy_tampered")),
        "{answer}"
    );
    assert_eq!(house.parts.policy.now().policy_hash().to_string(), second["policy"].as_str().unwrap());
    assert_eq!(house.loaded().len(), 2);
    // What was accepted again is right again.
    house.change_roles("ana = [\"user\"]", "ana = [\"approver\"]");
    assert_eq!(house.accept().await["policy"], first["policy"]);
    let (status, _) = house.post("/api/policy/rollback", json!({ "policy": second["policy"] })).await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = house.post("/api/policy/rollback", json!({ "policy": first["policy"] })).await;
    assert_eq!(status, StatusCode::OK);
}
