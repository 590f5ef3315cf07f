//! Roles in an emergency, over the commands and both planes.

use crate::BINARY;
use crate::approval::refusal;
use serde_json::{Value, json};
use testkit::{Server, modern};

fn said(output: &std::process::Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn command(server: &Server, arguments: &[&str], person: &str) -> std::process::Output {
    let data_dir = server.data_dir();
    let more = ["--person", person, "--data-dir", data_dir.to_str().unwrap()];
    server.command(&[&["break-glass"], arguments, &more].concat())
}

async fn runs_code(server: &Server, token: &str) -> Value {
    let arguments = json!({ "code": "print('in an emergency')" });
    let call = modern(1, "tools/call", json!({ "name": "python-runner", "arguments": arguments }));
    server.post(Some(token), &call).await.json()
}

#[tokio::test]
async fn emergency_roles_are_given_by_another_person_and_outlive_a_restart() {
    let mut server = Server::start(BINARY).await;
    // `sam` approves and has no tools; `root` administers.
    let token = server.token("sam");
    assert_eq!(runs_code(&server, &token).await["error"]["code"], -32602);
    let ask = ["request", "--role", "developer", "--minutes", "60", "--reason", "billing is down"];
    let nobody = command(&server, &ask, "dev");
    assert_eq!(
        nobody.status.code(),
        Some(3),
        "somebody without a right on the plane asked: {}",
        said(&nobody)
    );
    let unknown = ["request", "--role", "emperor", "--minutes", "1", "--reason", "x"];
    assert!(!command(&server, &unknown, "sam").status.success());
    let asked = command(&server, &ask, "sam");
    assert!(asked.status.success(), "{}", said(&asked));
    let id = String::from_utf8(asked.stdout).unwrap().trim().to_owned();
    assert_eq!(runs_code(&server, &token).await["error"]["code"], -32602, "one person was enough");
    assert_eq!(command(&server, &["grant", &id], "sam").status.code(), Some(3), "the requester granted it");
    let granted = command(&server, &["grant", &id], "root");
    assert!(granted.status.success(), "{}", said(&granted));

    // The token that was there before has the roles now, and after a restart as well.
    let ran = runs_code(&server, &token).await;
    assert_eq!(ran["result"]["structuredContent"]["stdout"], "in an emergency\n", "{ran}");
    assert!(server.log().contains("BREAK-GLASS"), "no alarm: {}", server.log());
    assert!(said(&command(&server, &["ls"], "root")).contains("IN FORCE"));
    assert!(!command(&server, &["review", &id, "--finding", "fine"], "root").status.success(), "in force");
    server.restart().await;
    let token = server.token("sam");
    let ran = runs_code(&server, &token).await;
    assert_eq!(refusal(&ran), "", "{ran}");
}
