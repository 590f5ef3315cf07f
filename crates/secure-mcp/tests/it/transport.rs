//! What is of one transport alone.

use crate::BINARY;
use serde_json::json;
use testkit::{Server, modern};

#[tokio::test]
async fn a_foreign_page_or_name_is_turned_away() {
    let server = Server::start(BINARY).await;
    let token = server.token("ana");
    let list = modern(1, "tools/list", json!({})).to_string();
    let headers = [("mcp-protocol-version", testkit::MODERN), ("mcp-method", "tools/list")];
    for (header, value) in [("origin", "https://evil.example"), ("origin", "null"), ("host", "evil.example")]
    {
        let mut headers = headers.to_vec();
        headers.push((header, value));
        let reply = server.post_raw(Some(&token), &headers, list.clone()).await;
        assert_eq!(reply.status, 403, "{header}: {value}");
        let refused = server.web_socket_with(Some(&token), &[(header, value)]).await.err();
        assert_eq!(refused, Some(403), "wss, {header}: {value}");
    }
    assert_eq!(server.post_raw(Some(&token), &headers, list).await.status, 200);
}

#[tokio::test]
async fn without_a_token_nothing_is_read() {
    let server = Server::start(BINARY).await;
    for token in [None, Some("nonsense"), Some("eyJhbGciOiJub25lIn0.e30.")] {
        let reply = server.post_raw(token, &[], "not even JSON").await;
        assert_eq!(reply.status, 401);
        assert!(reply.header("www-authenticate").unwrap().starts_with("Bearer "));
        assert_eq!(server.web_socket(token).await.err(), Some(401));
    }
    let admin = server.token_for("root", "admin");
    assert_eq!(server.post_raw(Some(&admin), &[], "{}").await.status, 401, "an admin token was taken");
}

#[tokio::test]
async fn other_methods_types_and_queries_are_refused() {
    let server = Server::start(BINARY).await;
    let token = server.token("ana");
    let client = server.client();
    for method in ["GET", "DELETE", "PUT", "OPTIONS"] {
        let method: reqwest::Method = method.parse().unwrap();
        let reply = client.request(method.clone(), server.url()).bearer_auth(&token).send().await.unwrap();
        assert_eq!(reply.status(), 405, "{method}");
        assert_eq!(reply.headers()["allow"], "POST");
    }
    let form = client.post(server.url()).bearer_auth(&token).body("{}").header("content-type", "text/plain");
    assert_eq!(form.send().await.unwrap().status(), 415);
    let query = client.post(format!("{}?access_token=x", server.url())).bearer_auth(&token);
    assert_eq!(
        query.header("content-type", "application/json").body("{}").send().await.unwrap().status(),
        400
    );
    assert_eq!(client.get(format!("{}/other", server.origin())).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_unread() {
    let server = Server::start(BINARY).await;
    let token = server.token("ana");
    let body = vec![b' '; 4 * 1024 * 1024 + 1];
    assert_eq!(server.post_raw(Some(&token), &[], body).await.status, 413);
}

#[tokio::test]
async fn a_binary_frame_closes_the_socket() {
    let server = Server::start(BINARY).await;
    let token = server.token("ana");
    let mut socket = server.web_socket(Some(&token)).await.unwrap();
    socket.send_binary(b"{}").await;
    assert_eq!(socket.next().await, Err(1003));
}

#[tokio::test]
async fn one_socket_serves_many_calls_and_cancels_one() {
    let server = Server::start(BINARY).await;
    let token = server.token("dev");
    let mut socket = server.web_socket(Some(&token)).await.unwrap();
    let slow = json!({ "name": "python-runner", "arguments": { "code": "import time; time.sleep(9)" } });
    socket.send(&modern("slow", "tools/call", slow)).await;
    for number in 0..20 {
        let call = json!({ "name": "echo", "arguments": { "text": number.to_string() } });
        socket.send(&modern(number, "tools/call", call)).await;
    }
    let mut seen = Vec::new();
    for _ in 0..20 {
        let answer = socket.next().await.unwrap();
        assert_eq!(answer["result"]["structuredContent"]["text"], answer["id"].to_string());
        seen.push(answer["id"].as_i64().unwrap());
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..20).collect::<Vec<_>>());
    socket.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": "slow" } })).await;
    let answer = socket.ask(&modern(99, "tools/list", json!({}))).await;
    assert_eq!(answer["id"], 99, "the cancelled call was answered");
}

#[tokio::test]
async fn an_id_that_was_cancelled_can_be_used_again_and_is_answered_once() {
    let server = Server::start(BINARY).await;
    let token = server.token("dev");
    let mut socket = server.web_socket(Some(&token)).await.unwrap();
    let cancel =
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } });
    for round in 0..20 {
        let first = json!({ "name": "echo", "arguments": { "text": format!("first {round}") } });
        let second = json!({ "name": "echo", "arguments": { "text": format!("second {round}") } });
        socket.send(&modern(1, "tools/call", first)).await;
        socket.send(&cancel).await;
        socket.send(&modern(1, "tools/call", second)).await;
        let mut answer = socket.next().await.unwrap();
        // The first call may have been answered before its cancellation arrived.
        if answer["result"]["structuredContent"]["text"] == format!("first {round}") {
            answer = socket.next().await.unwrap();
        }
        assert_eq!(answer["result"]["structuredContent"]["text"], format!("second {round}"));
    }
    let answer = socket.ask(&modern(2, "tools/list", json!({}))).await;
    assert_eq!(answer["id"], 2, "an answer came twice");
}

#[tokio::test]
async fn one_call_more_than_a_socket_may_have_is_refused_and_the_socket_lives() {
    let server = Server::start(BINARY).await;
    let token = server.token("dev");
    let mut socket = server.web_socket(Some(&token)).await.unwrap();
    let slow = json!({ "name": "python-runner", "arguments": { "code": "import time; time.sleep(8)" } });
    for number in 0..65 {
        socket.send(&modern(number, "tools/call", slow.clone())).await;
    }
    let refused = socket.next().await.unwrap();
    assert_eq!(refused["id"], 64, "{refused}");
    assert!(refused["error"]["message"].as_str().unwrap().contains("room"), "{refused}");
    drop(socket);
    let again = server.post(Some(&token), &modern(1, "tools/list", json!({}))).await;
    assert_eq!(again.status, 200);
}

#[tokio::test]
async fn an_expired_token_ends_its_socket() {
    let server = Server::start(BINARY).await;
    let data_dir = server.data_dir();
    let made = server.command(&[
        "token",
        "create",
        "--person",
        "ana",
        "--client",
        "quickstart",
        "--ttl",
        "1s",
        "--data-dir",
        data_dir.to_str().unwrap(),
    ]);
    let token = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    let mut socket = server.web_socket(Some(&token)).await.unwrap();
    let list = modern(1, "tools/list", json!({}));
    assert!(socket.ask(&list).await["result"].is_object());
    // A second of life and five of clock skew.
    tokio::time::sleep(std::time::Duration::from_secs(7)).await;
    socket.send(&list).await;
    assert_eq!(socket.next().await.unwrap()["error"]["code"], 401);
    assert_eq!(socket.next().await, Err(4401));
    assert_eq!(server.post(Some(&token), &list).await.status, 401);
}
