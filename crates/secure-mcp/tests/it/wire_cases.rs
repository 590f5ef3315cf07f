//! One table of wire cases over both transports.

use crate::BINARY;
use serde_json::{Value, json};
use std::collections::HashMap;
use testkit::{Server, legacy, modern};

const CASES: &str = include_str!("wire-cases.json");

fn message(case: &Value) -> Value {
    let (method, params) = (case["method"].as_str().unwrap(), case["params"].clone());
    match case["era"].as_str().unwrap() {
        "modern" => modern(7, method, params),
        "legacy" => legacy(7, method, params),
        other => panic!("{other} is no era"),
    }
}

fn headers(case: &Value) -> Vec<(String, String)> {
    let mut headers = HashMap::new();
    if case["era"] == "modern" {
        headers.insert("mcp-protocol-version".to_owned(), json!(testkit::MODERN));
        headers.insert("mcp-method".to_owned(), case["method"].clone());
        if let Some(name) = case["params"]["name"].as_str() {
            let ascii = name.bytes().all(|sign| sign.is_ascii_graphic() || sign == b' ');
            assert!(ascii, "a name beyond ASCII needs its header in Base64");
            headers.insert("mcp-name".to_owned(), json!(name));
        }
    }
    for (name, value) in case["headers"].as_object().into_iter().flatten() {
        headers.insert(name.clone(), value.clone());
    }
    headers.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect()
}

fn check(case: &Value, answer: &Value) -> Result<(), String> {
    for (pointer, expected) in case["expect"].as_object().into_iter().flatten() {
        let found = answer.pointer(pointer).unwrap_or(&Value::Null);
        if found != expected {
            return Err(format!("{pointer} is {found}, expected {expected}; answer: {answer}"));
        }
    }
    for pointer in case["absent"].as_array().into_iter().flatten() {
        if answer.pointer(pointer.as_str().unwrap()).is_some() {
            return Err(format!("{pointer} is there; answer: {answer}"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_wire_case_holds_over_every_transport() {
    let server = Server::start(BINARY).await;
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    let mut tokens: HashMap<&str, String> = HashMap::new();
    let (mut passed, mut failed) = (0, Vec::new());
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        assert!(
            case["only"].is_null() || case["why"].is_string(),
            "`{name}` is an exception without a reason"
        );
        let token = case["as"]
            .as_str()
            .map(|person| tokens.entry(person).or_insert_with(|| server.token(person)).clone());
        let body = case["raw"].as_str().map_or_else(|| message(case).to_string(), str::to_owned);
        if case["only"] != "wss" {
            let headers = headers(case);
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (&**name, &**value)).collect();
            let reply = server.post_raw(token.as_deref(), &headers, body.clone()).await;
            let status = if json!(reply.status) == case["status"] {
                Ok(())
            } else {
                Err(format!("status {}, expected {}; {}", reply.status, case["status"], reply.json()))
            };
            match status.and_then(|()| check(case, &reply.json())) {
                Ok(()) => passed += 1,
                Err(why) => failed.push(format!("https: {name}: {why}")),
            }
        }
        if case["only"] != "https" {
            let mut socket = server.web_socket(token.as_deref()).await.unwrap();
            socket.send_text(&body).await;
            let answer = socket.next().await.unwrap();
            match check(case, &answer) {
                Ok(()) => passed += 1,
                Err(why) => failed.push(format!("wss: {name}: {why}")),
            }
        }
    }
    println!("wire cases: {passed} passed, {} failed", failed.len());
    assert!(failed.is_empty(), "{}\n{}", failed.join("\n"), server.log());
}
