//! What is listed is what can be called, in both eras and over both transports.

use crate::BINARY;
use serde_json::{Value, json};
use testkit::{Server, legacy, modern};

const TOOLS: [&str; 5] = ["echo", "database-query", "code-executor", "python-runner", "no-such-tool"];

fn names(answer: &Value) -> Vec<String> {
    answer["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_tool_is_listed_exactly_if_it_can_be_called() {
    let server = Server::start(BINARY).await;
    for person in ["ana", "dev", "sam", "root", "nobody"] {
        let token = server.token(person);
        let mut socket = server.web_socket(Some(&token)).await.unwrap();
        let lists = [
            server.post(Some(&token), &modern(1, "tools/list", json!({}))).await.json(),
            server.post(Some(&token), &legacy(1, "tools/list", json!({}))).await.json(),
            socket.ask(&modern(1, "tools/list", json!({}))).await,
            socket.ask(&legacy(1, "tools/list", json!({}))).await,
        ];
        let listed = names(&lists[0]);
        assert!(lists.iter().all(|list| names(list) == listed), "{person}: the lists differ");
        for tool in TOOLS {
            let call = json!({ "name": tool, "arguments": {} });
            let answers = [
                server.post(Some(&token), &modern(2, "tools/call", call.clone())).await.json(),
                server.post(Some(&token), &legacy(2, "tools/call", call.clone())).await.json(),
                socket.ask(&modern(2, "tools/call", call.clone())).await,
                socket.ask(&legacy(2, "tools/call", call)).await,
            ];
            for answer in answers {
                let is_visible = answer["result"].is_object();
                assert_eq!(is_visible, listed.iter().any(|name| name == tool), "{person}, {tool}: {answer}");
            }
        }
    }
}

#[tokio::test]
async fn an_unknown_and_a_forbidden_tool_are_the_same_bytes() {
    let server = Server::start(BINARY).await;
    let token = server.token("ana");
    let mut socket = server.web_socket(Some(&token)).await.unwrap();
    for request in [modern, legacy] {
        let ask =
            |tool: &str| request(3, "tools/call", json!({ "name": tool, "arguments": { "code": "1" } }));
        let unknown = server.post(Some(&token), &ask("pythonn-runner")).await;
        let forbidden = server.post(Some(&token), &ask("python-runner")).await;
        assert_eq!(unknown, forbidden);
        assert_eq!(socket.ask(&ask("pythonn-runner")).await, socket.ask(&ask("python-runner")).await);
    }
}
