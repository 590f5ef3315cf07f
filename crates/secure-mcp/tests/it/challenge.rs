//! What a client without a good token is told, and that no header of its own has a say in it.

use crate::BINARY;
use crate::issuer::{ISSUER, issuer_config};
use serde_json::{Value, json};
use testkit::{Server, ServerOptions};

async fn document(server: &Server, path: &str, headers: &[(&str, &str)]) -> (u16, Value) {
    let mut request = server.client().get(format!("{}{path}", server.origin()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let reply = request.send().await.unwrap();
    (reply.status().as_u16(), reply.json().await.unwrap_or_default())
}

#[tokio::test]
async fn the_resource_says_which_server_gives_out_its_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let config = issuer_config(folder.path());
    let server = Server::start_with(BINARY, ServerOptions { config, ..ServerOptions::default() }).await;
    let expected = json!({
        "resource": server.url(),
        "authorization_servers": [ISSUER],
        "bearer_methods_supported": ["header"],
        "resource_name": "Secure MCP Server",
    });
    let spoofed = [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("forwarded", "host=evil.example"),
        ("x-original-host", "evil.example"),
    ];
    let paths = ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"];
    for path in paths {
        assert_eq!(document(&server, path, &[]).await, (200, expected.clone()), "{path}");
        assert_eq!(document(&server, path, &spoofed).await, (200, expected.clone()), "{path}");
        let (status, _) = document(&server, path, &[("host", "evil.example")]).await;
        assert_eq!(status, 403, "{path} under another name");
    }
}

#[tokio::test]
async fn without_an_issuer_of_its_own_the_resource_names_none() {
    let server = Server::start(BINARY).await;
    let (status, document) = document(&server, "/.well-known/oauth-protected-resource", &[]).await;
    assert_eq!((status, &document["resource"]), (200, &json!(server.url())));
    assert!(document.get("authorization_servers").is_none());
}

#[tokio::test]
async fn each_401_points_to_the_metadata_and_names_an_error_only_to_a_bad_token() {
    let server = Server::start(BINARY).await;
    let metadata =
        format!("resource_metadata=\"{}/.well-known/oauth-protected-resource/mcp\"", server.origin());
    for path in ["/mcp", "/mcp/ws"] {
        for token in [None, Some("nonsense")] {
            let url = format!("{}{path}", server.origin());
            let request = if path == "/mcp" {
                server.client().post(url).json(&json!({}))
            } else {
                server.client().get(url)
            };
            let mut request = request.header("x-forwarded-host", "evil.example");
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let reply = request.send().await.unwrap();
            assert_eq!(reply.status(), 401, "{path} {token:?}");
            let challenge = reply.headers()["www-authenticate"].to_str().unwrap();
            assert!(challenge.starts_with("Bearer ") && challenge.contains(&metadata), "{challenge}");
            assert_eq!(challenge.contains("error=\"invalid_token\""), token.is_some(), "{challenge}");
            assert!(!challenge.contains("evil"), "{challenge}");
        }
    }
}
