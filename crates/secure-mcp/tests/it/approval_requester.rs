//! The requester of a call has no way to approve it: not on either plane, not with any token of their
//! own, not through a bridge and not through a tool.

use crate::BINARY;
use crate::approval::{approval_id, decide, refusal};
use crate::company::{Caller, company};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use testkit::{Server, modern};

fn run(code: &str, timeout_ms: u32) -> Value {
    let arguments = json!({ "code": code, "timeout_ms": timeout_ms });
    modern(1, "tools/call", json!({ "name": "python-runner", "arguments": arguments }))
}

/// Grants over the owner's socket with this token: status and code of the answer.
fn grant(server: &Server, id: &str, token: Option<&str>) -> (u16, String) {
    let body = r#"{"decision": "grant"}"#;
    let bearer = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    let request = format!(
        "POST /api/approvals/{id} HTTP/1.1\r\nhost: localhost\r\n{bearer}content-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = UnixStream::connect(server.data_dir().join("admin.sock")).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    (head[9..12].parse().unwrap(), body["code"].as_str().unwrap_or_default().to_owned())
}

/// What the bridge answers to one line.
fn over_the_bridge(server: &Server, url: &str, token: &str, line: &str) -> String {
    let file = server.folder().join("bridge.token");
    std::fs::write(&file, token).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut bridge = Command::new(BINARY)
        .args(["stdio", "--url", url, "--token-file", file.to_str().unwrap(), "--ca-file"])
        .arg(server.authority_file())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    bridge.stdin.take().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
    String::from_utf8(bridge.wait_with_output().unwrap().stdout).unwrap()
}

/// The approvals that wait, as an approver sees them.
fn waiting(server: &Server) -> String {
    let data_dir = server.data_dir();
    let listed = server.command(&["approvals", "--person", "sam", "--data-dir", data_dir.to_str().unwrap()]);
    String::from_utf8(listed.stdout).unwrap()
}

#[tokio::test]
async fn the_requester_can_approve_by_no_way() {
    let server = company().await;
    let dev = Caller::new("dev", "quickstart");
    let mcp = dev.token(&server);
    let call = run("print('agreed')", 60_000);
    let asked = server.post(Some(&mcp), &call).await.json();
    assert_eq!(refusal(&asked), "approval_pending", "{asked}");
    let id = approval_id(&asked);
    let still_waits = async |way: &str| {
        assert!(waiting(&server).contains(&id), "{way}: the approval does not wait any more");
        let again = server.post(Some(&mcp), &call).await.json();
        assert_eq!(refusal(&again), "approval_pending", "{way}: {again}");
        assert_eq!(approval_id(&again), id, "{way}");
    };

    // On the admin plane: `dev` has the right to approve; these calls are the own ones.
    let other_client = Caller::new("dev", "desk");
    for (way, token, expected) in [
        ("no token, as the owner of the data directory", None, (401, "unauthenticated")),
        ("the assistant's own token", Some(mcp.clone()), (401, "unauthenticated")),
        (
            "another client's token of the assistant's plane",
            Some(other_client.token(&server)),
            (401, "unauthenticated"),
        ),
        ("an admin token", Some(dev.token_for(&server, "admin")), (403, "own_request")),
        ("a second admin token", Some(dev.token_for(&server, "admin")), (403, "own_request")),
        (
            "an admin token through another client",
            Some(other_client.token_for(&server, "admin")),
            (403, "own_request"),
        ),
    ] {
        let (status, code) = grant(&server, &id, token.as_deref());
        assert_eq!((status, code.as_str()), expected, "{way}");
        still_waits(way).await;
    }
    assert_eq!(decide(&server, "approve", &id, "dev").status.code(), Some(3));

    // Through the bridge, and as a tool: there is no such method, no such tool, no such route.
    let approve = json!({ "name": "approve", "arguments": { "id": id } });
    let decision = json!({ "approval_id": id, "decision": "grant" });
    let body = r#"{"decision": "grant"}"#;
    for (way, url, token, line) in [
        ("a tool", server.url(), &mcp, modern(1, "tools/call", approve).to_string()),
        ("a method", server.url(), &mcp, modern(1, "approvals/decide", decision).to_string()),
        ("a route", format!("{}/api/approvals/{id}", server.origin()), &mcp, body.to_owned()),
        (
            "a route, with an admin token",
            format!("{}/api/approvals/{id}", server.origin()),
            &dev.token_for(&server, "admin"),
            body.to_owned(),
        ),
    ] {
        let answer = over_the_bridge(&server, &url, token, &line);
        for answer in answer.lines() {
            let answer: Value = serde_json::from_str(answer).unwrap_or_else(|_| panic!("{way}: {answer}"));
            assert!(answer["error"].is_object() && answer["result"].is_null(), "{way}: {answer}");
        }
        still_waits(way).await;
    }

    // From inside a tool call: the sandbox reaches neither the socket nor a port of the server.
    let socket = server.data_dir().canonicalize().unwrap().join("admin.sock");
    let code = format!(
        "import socket\n\
         def way(family, address):\n\
         \x20   try:\n\
         \x20       socket.socket(family).connect(address)\n\
         \x20       print('reached', address)\n\
         \x20   except OSError as error:\n\
         \x20       print('refused')\n\
         way(socket.AF_UNIX, {socket:?})\n\
         way(socket.AF_UNIX, '/proc/1/root' + {socket:?})\n\
         way(socket.AF_INET, ('127.0.0.1', {port}))\n",
        socket = socket.to_str().unwrap(),
        port = server.port(),
    );
    let ran = server.post(Some(&mcp), &run(&code, 10_000)).await.json();
    assert_eq!(ran["result"]["structuredContent"]["stdout"], "refused\nrefused\nrefused\n", "{ran}");
    still_waits("a tool call").await;

    // Somebody else can.
    assert!(decide(&server, "approve", &id, "sam").status.success());
    let ran = server.post(Some(&mcp), &call).await.json();
    assert_eq!(ran["result"]["structuredContent"]["stdout"], "agreed\n", "{ran}");
}
