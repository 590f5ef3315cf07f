//! Revoked is refused: the next call, over a restart, in the middle of a call, on an open socket.

use crate::BINARY;
use crate::company::{Caller, company};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;
use std::process::Output;
use std::time::{Duration, Instant};
use testkit::{Server, WebSocket, modern};
use tokio::time::{sleep, timeout};

/// What the product promises; counted from the answer of the admin plane.
const AT_ONCE: Duration = Duration::from_secs(1);

fn slow() -> Value {
    let code = "import time; time.sleep(9)";
    modern("slow", "tools/call", json!({ "name": "python-runner", "arguments": { "code": code } }))
}

fn echo() -> Value {
    modern(1, "tools/call", json!({ "name": "echo", "arguments": { "text": "here" } }))
}

fn list() -> Value {
    modern(1, "tools/list", json!({}))
}

fn admin(server: &Server, arguments: &[&str]) -> Output {
    let data_dir = server.data_dir();
    server.command(&[arguments, &["--data-dir", data_dir.to_str().unwrap()]].concat())
}

fn done(server: &Server, command: &str, kind: &str, name: &str) {
    let output = admin(server, &[command, kind, name, "--person", "root", "--reason", "a test"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// `jti` and token.
fn token_with_id(server: &Server, person: &str) -> (String, String) {
    let made = admin(server, &["token", "create", "--person", person, "--client", "quickstart", "--json"]);
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("token_id"), text("token"))
}

/// The log's last records, oldest first.
fn records(server: &Server) -> Vec<Value> {
    let tail = admin(server, &["audit", "tail", "--count", "100", "--json"]);
    let text = String::from_utf8(tail.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Processes below the server.
fn descendants(server: &Server) -> usize {
    let mut parents = HashMap::new();
    for entry in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some((_, rest)) = stat.rsplit_once(") ") else { continue };
        let mut fields = rest.split(' ');
        if fields.next() != Some("Z") {
            parents.insert(pid, fields.next().unwrap().parse::<u32>().unwrap());
        }
    }
    let is_below = |mut pid: u32| {
        while let Some(parent) = parents.get(&pid) {
            if *parent == server.pid() {
                return true;
            }
            pid = *parent;
        }
        false
    };
    parents.keys().filter(|pid| is_below(**pid)).count()
}

/// Waits until as many processes are below the server as `wanted` says; gives the time that it took.
async fn processes(server: &Server, wanted: impl Fn(usize) -> bool) -> Duration {
    let started = Instant::now();
    while !wanted(descendants(server)) {
        assert!(started.elapsed() < Duration::from_secs(20), "{} processes", descendants(server));
        sleep(Duration::from_millis(10)).await;
    }
    started.elapsed()
}

async fn closed(socket: &mut WebSocket) -> u16 {
    loop {
        if let Err(code) = timeout(AT_ONCE, socket.next()).await.expect("not closed in time") {
            return code;
        }
    }
}

#[tokio::test]
async fn what_is_revoked_is_refused_from_the_next_call_on_and_over_a_restart() {
    let mut server = Server::start(BINARY).await;
    let (id, one) = token_with_id(&server, "ana");
    let (_, other) = token_with_id(&server, "ana");
    let dev = server.token("dev");
    let status = async |server: &Server, token: &str| server.post(Some(token), &list()).await.status;
    assert_eq!((status(&server, &one).await, status(&server, &other).await), (200, 200));
    done(&server, "revoke", "token", &id);
    assert_eq!((status(&server, &one).await, status(&server, &other).await), (401, 200));
    done(&server, "revoke", "person", "ana");
    assert_eq!((status(&server, &other).await, status(&server, &dev).await), (401, 200));
    assert_eq!(status(&server, &server.token("ana")).await, 401, "a token that was made later");
    assert_eq!(server.web_socket(Some(&other)).await.err(), Some(401));
    server.restart().await;
    assert_eq!((status(&server, &one).await, status(&server, &other).await), (401, 401));
    let listed = admin(&server, &["revocations", "--person", "root"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains(&format!("token  {id}")) && listed.contains("person  ana"), "{listed}");
    done(&server, "unrevoke", "person", "ana");
    assert_eq!((status(&server, &one).await, status(&server, &other).await), (401, 200));
    let kept = admin(&server, &["unrevoke", "token", &id, "--person", "root"]);
    assert_eq!(kept.status.code(), Some(3), "a token was made good again");
    let by_ana = admin(&server, &["revoke", "person", "dev", "--person", "ana"]);
    assert_eq!(by_ana.status.code(), Some(3), "somebody without the right revoked");
}

#[tokio::test]
async fn a_revoked_client_is_refused_for_every_person_and_another_client_is_not() {
    let server = company().await;
    let [bad, good] = ["desk", "quickstart"].map(|client| Caller::new("dev", client).token(&server));
    let mut socket = server.web_socket(Some(&bad)).await.unwrap();
    done(&server, "revoke", "client", "desk");
    assert_eq!(server.post(Some(&bad), &list()).await.status, 401);
    assert_eq!(closed(&mut socket).await, 4401);
    assert_eq!(server.post(Some(&good), &list()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revoked_in_the_middle_of_a_call_it_ends_within_a_second_and_its_sandbox_with_it() {
    let server = std::sync::Arc::new(Server::start(BINARY).await);
    let (https, wss) = (token_with_id(&server, "dev"), token_with_id(&server, "dev"));
    let other = server.token("ana");
    let mut bystander = server.web_socket(Some(&other)).await.unwrap();
    let idle = descendants(&server);
    let calling = {
        let (server, token) = (server.clone(), https.1.clone());
        tokio::spawn(async move { server.post(Some(&token), &slow()).await })
    };
    processes(&server, |count| count > idle).await;
    done(&server, "revoke", "token", &https.0);
    let reply = timeout(AT_ONCE, calling).await.expect("not answered in time").unwrap();
    assert_eq!((reply.status, &reply.json()["id"]), (401, &json!("slow")));
    assert!(reply.header("www-authenticate").is_some());
    assert!(processes(&server, |count| count <= idle).await < AT_ONCE, "the sandbox lives on");

    let mut socket = server.web_socket(Some(&wss.1)).await.unwrap();
    socket.send(&slow()).await;
    processes(&server, |count| count > idle).await;
    done(&server, "revoke", "person", "dev");
    assert_eq!(closed(&mut socket).await, 4401);
    assert!(processes(&server, |count| count <= idle).await < AT_ONCE, "the sandbox lives on");

    assert_eq!(bystander.ask(&echo()).await["result"]["structuredContent"]["text"], "here");
    let records = records(&server);
    let of = |event: &str| records.iter().filter(|record| record["event"] == event).collect::<Vec<_>>();
    assert_eq!(of("revoked").len(), 2);
    for abandoned in of("abandoned") {
        let call = &abandoned["call_id"];
        let refused =
            of("refused").into_iter().find(|record| record["call_id"] == *call).expect("no refusal");
        assert_eq!(refused["record"]["status_code"], "unauthenticated");
        assert!(refused["record"]["status_detail"].as_str().unwrap().contains("revoked"), "{refused}");
        assert_eq!(refused["record"]["actor"]["user"]["name"], "dev");
    }
    assert_eq!(of("abandoned").len(), 2, "{records:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_tool_is_as_unknown_as_one_that_never_was_and_its_calls_end() {
    let server = std::sync::Arc::new(Server::start(BINARY).await);
    let token = server.token("dev");
    let idle = descendants(&server);
    let mut socket = server.web_socket(Some(&token)).await.unwrap();
    socket.send(&slow()).await;
    processes(&server, |count| count > idle).await;
    done(&server, "revoke", "tool", "python-runner");
    let answer = timeout(AT_ONCE, socket.next()).await.expect("not answered in time").unwrap();
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!("slow"), &json!(-32602)), "{answer}");
    assert!(processes(&server, |count| count <= idle).await < AT_ONCE, "the sandbox lives on");
    let names = |answer: &Value| {
        let tools = answer["result"]["tools"].as_array().unwrap();
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let listed = names(&socket.ask(&list()).await);
    assert!(listed.iter().any(|name| name == "echo") && !listed.iter().any(|name| name == "python-runner"));
    let call = |name: &str| modern(7, "tools/call", json!({ "name": name, "arguments": { "code": "1" } }));
    let [revoked, never] = [
        server.post(Some(&token), &call("python-runner")).await,
        server.post(Some(&token), &call("never-existed")).await,
    ];
    assert_eq!(revoked, never);
    done(&server, "unrevoke", "tool", "python-runner");
    assert!(names(&socket.ask(&list()).await).iter().any(|name| name == "python-runner"));
}
