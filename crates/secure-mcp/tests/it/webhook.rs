//! Telling somebody outside that a call waits.

use crate::BINARY;
use crate::approval::{approval_id, refusal};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;
use testkit::{Server, ServerOptions, free_port, modern};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// One request: its head in lower case, and its body.
async fn received(listener: &TcpListener, status: &str) -> (String, String) {
    let accepted = tokio::time::timeout(Duration::from_secs(60), listener.accept());
    let (mut stream, _) = accepted.await.expect("nobody announces").unwrap();
    let mut all = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.unwrap();
        all.extend(&buffer[..count]);
        let text = String::from_utf8(all.clone()).unwrap();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() == length.parse::<usize>().unwrap() {
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
                return (head, body.to_owned());
            }
        }
        assert!(count > 0, "half a request");
    }
}

#[tokio::test]
async fn a_call_that_waits_is_announced_until_it_was_taken() {
    let port = free_port();
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("webhook.secret");
    std::fs::write(&secret, "a secret of the two").unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    let config = format!(
        "[approvals]\nwebhook = {{ destination = \"pager\", path = \"/hook\", secret = \"file:{}\" }}\n\
         [[egress.destination]]\nname = \"pager\"\nhost = \"localhost\"\nscheme = \"http\"\nport = {port}\n\
         [[override]]\nname = \"private_address:pager\"\nreason = \"a test\"\nexpires = \"{}\"\n",
        secret.display(),
        tomorrow(),
    );
    let mut server = Server::start_with(BINARY, ServerOptions { config, ..ServerOptions::default() }).await;
    let token = server.token("dev");
    let arguments = json!({ "code": "print('canary-in-arguments')", "timeout_ms": 60_000 });
    let call = modern(1, "tools/call", json!({ "name": "python-runner", "arguments": arguments }));
    let asked = server.post(Some(&token), &call).await.json();
    assert_eq!(refusal(&asked), "approval_pending", "{asked}");
    // Nobody listened; then somebody who fails; then the server is killed; then it is taken.
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    received(&listener, "500 Internal Server Error").await;
    server.kill();
    server.restart().await;
    let (head, body) = received(&listener, "204 No Content").await;
    let said: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(said["id"], approval_id(&asked).as_str());
    assert_eq!((&said["event"], &said["tool"]), (&json!("approval_requested"), &json!("python-runner")));
    assert!(!body.contains("canary") && !body.contains("\"dev\""), "{body}");
    assert!(head.starts_with("post /hook http/1.1"), "{head}");
    let signature = head.lines().find_map(|line| line.strip_prefix("secure-mcp-signature: ")).unwrap();
    let (seconds, tag) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let tag_of = |body: &str| {
        let key = "a secret of the two";
        let program = format!(
            "import hmac,sys; print(hmac.new(b'{key}', sys.stdin.buffer.read(), 'sha256').hexdigest())"
        );
        python(&program, &format!("{seconds}.{body}"))
    };
    assert_eq!(tag_of(&body), tag, "{head}");
    // What was taken is not said again.
    let again = tokio::time::timeout(Duration::from_secs(3), listener.accept()).await;
    assert!(again.is_err(), "announced twice");
}

fn python(program: &str, input: &str) -> String {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut child = Command::new("python3")
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
}

/// A date in the near future, as the configuration writes it.
fn tomorrow() -> String {
    python("import datetime; print(datetime.date.today() + datetime.timedelta(days=2))", "")
}
