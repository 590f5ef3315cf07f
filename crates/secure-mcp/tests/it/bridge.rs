//! `secure-mcp stdio`: a local client's lines to the server and back, over both transports, in both eras.

use crate::BINARY;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use testkit::{Server, legacy, modern};

#[tokio::test]
async fn lines_go_out_and_answers_come_back_and_nothing_else() {
    let server = Server::start(BINARY).await;
    let data_dir = server.data_dir();
    let token_file = server.folder().join("ana.token");
    let made = server.command(&[
        "token",
        "create",
        "--person",
        "ana",
        "--client",
        "quickstart",
        "--data-dir",
        data_dir.to_str().unwrap(),
        "--out",
        token_file.to_str().unwrap(),
    ]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let token = std::fs::read_to_string(&token_file).unwrap();
    assert!(!String::from_utf8_lossy(&made.stdout).contains(token.trim()), "the token was printed as well");
    for url in [server.url(), format!("{}/ws", server.url().replacen("https", "wss", 1))] {
        let mut bridge = Command::new(BINARY)
            .args(["stdio", "--url", &url, "--token-file"])
            .arg(&token_file)
            .arg("--ca-file")
            .arg(server.authority_file())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut to = bridge.stdin.take().unwrap();
        let mut from = BufReader::new(bridge.stdout.take().unwrap()).lines();
        let mut ask = |message: &Value| -> Value {
            writeln!(to, "{message}").unwrap();
            serde_json::from_str(&from.next().unwrap().unwrap()).unwrap()
        };
        let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
        assert_eq!(ask(&legacy(1, "initialize", hello))["result"]["protocolVersion"], "2025-11-25", "{url}");
        assert_eq!(ask(&modern(2, "tools/list", json!({})))["result"]["tools"][1]["name"], "echo", "{url}");
        let call = json!({ "name": "echo", "arguments": { "text": "over the bridge" } });
        assert_eq!(
            ask(&modern("three", "tools/call", call))["result"]["structuredContent"]["text"],
            "over the bridge"
        );
        drop(to);
        assert!(bridge.wait().unwrap().success(), "{url}");
        assert!(from.next().is_none(), "{url}: more than the answers was written");
    }
}

#[tokio::test]
async fn a_token_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = Server::start(BINARY).await;
    let file = server.folder().join("open.token");
    std::fs::write(&file, server.token("ana")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = server.command(&["stdio", "--url", &server.url(), "--token-file", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
}
