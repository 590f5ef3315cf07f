//! Approval of the exact call, by somebody else, once.

use crate::BINARY;
use serde_json::{Value, json};
use testkit::{Server, modern};

fn call(arguments: &Value) -> Value {
    modern(1, "tools/call", json!({ "name": "python-runner", "arguments": arguments }))
}

pub fn refusal(answer: &Value) -> String {
    answer["result"]["_meta"]["secure-mcp/refusal"]["code"].as_str().unwrap_or_default().to_owned()
}

pub fn approval_id(answer: &Value) -> String {
    answer["result"]["_meta"]["secure-mcp/refusal"]["approval_id"].as_str().unwrap().to_owned()
}

/// `approve` or `deny` as a person.
pub fn decide(server: &Server, decision: &str, id: &str, person: &str) -> std::process::Output {
    let data_dir = server.data_dir();
    server.command(&[decision, id, "--person", person, "--data-dir", data_dir.to_str().unwrap()])
}

fn approve(server: &Server, id: &str, person: &str) -> std::process::Output {
    decide(server, "approve", id, person)
}

fn long(code: &str) -> Value {
    json!({ "code": code, "timeout_ms": 60_000 })
}

#[tokio::test]
async fn an_approved_call_runs_once_and_only_as_approved() {
    let server = Server::start(BINARY).await;
    let token = server.token("dev");
    let arguments = long("print('once')");
    let asked = server.post(Some(&token), &call(&arguments)).await.json();
    assert_eq!(refusal(&asked), "approval_pending");
    let id = approval_id(&asked);
    let again = server.post(Some(&token), &call(&arguments)).await.json();
    assert_eq!(approval_id(&again), id, "a retry asked for another approval");

    let own = approve(&server, &id, "dev");
    assert!(!own.status.success(), "the requester approved the own call");
    let wrong = approve(&server, &id, "ana");
    assert!(!wrong.status.success(), "somebody without the right approved");
    let right = approve(&server, &id, "sam");
    assert!(right.status.success(), "{}", String::from_utf8_lossy(&right.stderr));

    for changed in [
        json!({ "code": "print('once')", "timeout_ms": 60_001 }),
        json!({ "code": "print('once') ", "timeout_ms": 60_000 }),
        json!({ "code": "print('once')", "timeout_ms": 60_000, "stdin": "" }),
        json!({ "code": "print('once')", "timeout_ms": 60_000, "files": {} }),
    ] {
        let other = server.post(Some(&token), &call(&changed)).await.json();
        assert_eq!(refusal(&other), "approval_pending", "{changed}");
        assert_ne!(approval_id(&other), id, "{changed}");
        // Three requests of one person may be open.
        assert!(decide(&server, "deny", &approval_id(&other), "sam").status.success());
    }
    let ran = server.post(Some(&token), &call(&arguments)).await.json();
    assert_eq!(ran["result"]["structuredContent"]["stdout"], "once\n", "{ran}");
    let third = server.post(Some(&token), &call(&arguments)).await.json();
    assert_eq!(refusal(&third), "approval_pending");
    assert_ne!(approval_id(&third), id, "an approval was used twice");
}

#[tokio::test]
async fn parallel_retries_over_a_restart_run_exactly_once() {
    let retries: usize = std::env::var("SECURE_MCP_SOAK_RETRIES").map_or(60, |text| text.parse().unwrap());
    let mut server = Server::start(BINARY).await;
    let token = server.token("dev");
    let arguments = long("print('exactly once')");
    let asked = server.post(Some(&token), &call(&arguments)).await.json();
    let approved = approve(&server, &approval_id(&asked), "sam");
    assert!(approved.status.success());
    server.restart().await;
    let server = std::sync::Arc::new(server);
    let tasks: Vec<_> = (0..retries)
        .map(|_| {
            let (server, token, arguments) = (server.clone(), token.clone(), arguments.clone());
            tokio::spawn(async move { server.post(Some(&token), &call(&arguments)).await.json() })
        })
        .collect();
    let mut ran = 0;
    for task in tasks {
        let answer = task.await.unwrap();
        ran += usize::from(answer["result"]["structuredContent"]["stdout"] == "exactly once\n");
    }
    println!("{retries} parallel retries of an approved call: {ran} ran");
    assert_eq!(ran, 1);
}

/// The server of the company with `sam`, `kim` and `lee` as approvers, of whom two have to agree.
async fn two_of_three() -> Server {
    let policies = tempfile::tempdir().unwrap().keep().join("policies");
    testkit::copy_policies(&policies);
    let roles = std::fs::read_to_string(policies.join("roles.toml")).unwrap();
    let roles = roles.replace(
        "[people]\n",
        "[people]\nkim = [\"approver\"]\nlee = [\"approver\"]\npat = [\"approver\"]\n",
    );
    std::fs::write(policies.join("roles.toml"), roles).unwrap();
    let config = "[[tool]]\nname = \"python-runner\"\napprovals = { needed = 2, by = [\"sam\", \"kim\", \"lee\", \"dev\"] }\n";
    let options = testkit::ServerOptions {
        config: config.to_owned(),
        policies: Some(policies),
        ..testkit::ServerOptions::default()
    };
    Server::start_with(BINARY, options).await
}

fn said(output: &std::process::Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn two_of_three_people_have_to_agree_and_each_counts_once() {
    let mut server = two_of_three().await;
    let token = server.token("dev");
    let arguments = long("print('two')");
    let asked = server.post(Some(&token), &call(&arguments)).await.json();
    assert_eq!(refusal(&asked), "approval_pending");
    let id = approval_id(&asked);
    assert!(said(&approve(&server, &id, "sam")).contains("1 of 2 have agreed"));
    for (person, code) in [("sam", "agreed_already"), ("pat", "not_an_approver"), ("dev", "denied")] {
        let answer = approve(&server, &id, person);
        assert!(!answer.status.success() && said(&answer).contains(code), "{person}: {}", said(&answer));
    }
    let desk = server.command(&[
        "approve",
        &id,
        "--person",
        "sam",
        "--client",
        "quickstart",
        "--data-dir",
        server.data_dir().to_str().unwrap(),
    ]);
    assert!(!desk.status.success(), "one person counted twice");
    assert_eq!(refusal(&server.post(Some(&token), &call(&arguments)).await.json()), "approval_pending");
    // A voice outlives a kill.
    server.kill();
    server.restart().await;
    let token = server.token("dev");
    assert!(said(&approve(&server, &id, "kim")).contains("granted"));
    let ran = server.post(Some(&token), &call(&arguments)).await.json();
    assert_eq!(ran["result"]["structuredContent"]["stdout"], "two\n", "{ran}");

    // The next is shown beside the one that was approved; one no is enough.
    let asked = server.post(Some(&token), &call(&long("print('two') # \u{e9}\nprint('three')"))).await.json();
    let id = approval_id(&asked);
    let data_dir = server.data_dir();
    let shown = server.command(&[
        "approvals",
        "show",
        &id,
        "--person",
        "lee",
        "--data-dir",
        data_dir.to_str().unwrap(),
    ]);
    let shown = said(&shown);
    for line in [
        "agreed     0 of 2",
        "approvers  sam, kim, lee, dev",
        "    /code",
        "      - print('two')",
        "      + print('three')",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert!(decide(&server, "deny", &id, "lee").status.success());
    let denied =
        server.post(Some(&token), &call(&long("print('two') # \u{e9}\nprint('three')"))).await.json();
    assert_eq!(refusal(&denied), "denied", "{denied}");
}

#[tokio::test]
async fn a_person_has_at_most_three_open_requests() {
    let server = Server::start(BINARY).await;
    let token = server.token("dev");
    let ask =
        async |number: u32| server.post(Some(&token), &call(&long(&format!("print({number})")))).await.json();
    for number in 0..3 {
        assert_eq!(refusal(&ask(number).await), "approval_pending");
    }
    let fourth = ask(3).await;
    assert_eq!(refusal(&fourth), "rate_limited", "{fourth}");
    assert_eq!(fourth["result"]["structuredContent"]["refusal"]["limit"], "open_approvals");
    assert!(decide(&server, "deny", &approval_id(&ask(0).await), "sam").status.success());
    assert_eq!(refusal(&ask(3).await), "approval_pending");
}
