//! An approved call with one thing changed is another call: it waits anew, and uses nothing up.

use crate::approval::{approval_id, decide, refusal};
use crate::company::{Caller, company};
use serde_json::{Value, json};
use testkit::{Server, modern};

const GROUPS: &str = include_str!("approval-mutations.json");

/// The arguments' text as it is: a number's spelling is part of what is tried.
async fn call(server: &Server, caller: &Caller, tool: &str, arguments: &str) -> Value {
    let message = modern(1, "tools/call", json!({ "name": tool, "arguments": "HERE" })).to_string();
    let headers =
        [("mcp-protocol-version", testkit::MODERN), ("mcp-method", "tools/call"), ("mcp-name", tool)];
    let body = message.replace("\"HERE\"", arguments);
    server.post_raw(Some(&caller.token(server)), &headers, body).await.json()
}

#[tokio::test]
async fn a_call_with_one_thing_changed_needs_an_approval_of_its_own_and_uses_none() {
    let server = company().await;
    let groups: Vec<Value> = serde_json::from_str(GROUPS).unwrap();
    let mut tried = 0;
    for group in &groups {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let dev = Caller::new("dev", "quickstart");
        let approved = text(&group["approved"]);
        let asked = call(&server, &dev, "python-runner", &approved).await;
        assert_eq!(refusal(&asked), "approval_pending", "{asked}");
        let id = approval_id(&asked);
        for same in group["same"].as_array().unwrap() {
            let answer = call(&server, &dev, "python-runner", &text(&same["arguments"])).await;
            assert_eq!(approval_id(&answer), id, "{}: not the same call: {answer}", same["name"]);
        }
        assert!(decide(&server, "approve", &id, "sam").status.success());

        for changed in group["changed"].as_array().unwrap() {
            let name = &changed["name"];
            let caller = Caller::new(
                changed["person"].as_str().unwrap_or("dev"),
                changed["client"].as_str().unwrap_or("quickstart"),
            );
            let tool = changed["tool"].as_str().unwrap_or("python-runner");
            let answer = call(&server, &caller, tool, &text(&changed["arguments"])).await;
            let codes = changed["codes"].as_array().unwrap();
            assert!(codes.contains(&json!(refusal(&answer))), "{name}: {answer}");
            assert!(answer["result"]["structuredContent"]["stdout"].is_null(), "{name} ran: {answer}");
            if refusal(&answer) == "approval_pending" {
                assert_ne!(approval_id(&answer), id, "{name} is under the approval of another call");
                // A principal has a bounded number of open requests.
                assert!(decide(&server, "deny", &approval_id(&answer), "sam").status.success(), "{name}");
            }
            tried += 1;
        }
        let ran = call(&server, &dev, "python-runner", &approved).await;
        assert_eq!(ran["result"]["structuredContent"]["stdout"], group["prints"], "{ran}");
        let again = call(&server, &dev, "python-runner", &approved).await;
        assert_eq!(refusal(&again), "approval_pending", "an approval was used twice: {again}");
        assert_ne!(approval_id(&again), id);
        assert!(decide(&server, "deny", &approval_id(&again), "sam").status.success());
    }
    println!("{tried} changes of an approved call: each was another call");
    assert!(tried > 20);
}
