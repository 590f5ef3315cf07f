//! The environment steers nothing: no proxy, no list of exceptions.

use crate::world::{Server, body, get, ok, path, to_server};
use std::process::Command;

const INSIDE: &str = "EGRESS_TEST_UPSTREAM";

/// Runs itself again with a proxy in every variable that HTTP clients read.
#[tokio::test(flavor = "multi_thread")]
async fn no_proxy_of_the_environment_is_asked() {
    if std::env::var_os(INSIDE).is_some() {
        let server = Server::answering(ok("direct")).await;
        assert_eq!(body(to_server(&server, |_| {}).send(get(path("/"))).await.unwrap()), "direct");
        return;
    }
    let proxy = Server::answering(ok("proxied")).await;
    let address = format!("http://{}", proxy.address);
    let mut again = Command::new(std::env::current_exe().unwrap());
    again
        .args(["--exact", "environment::no_proxy_of_the_environment_is_asked"])
        .env(INSIDE, "1")
        .env_remove("NO_PROXY");
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        again.env(name, &address);
    }
    let output = tokio::task::spawn_blocking(move || again.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    assert_eq!(proxy.connections(), 0);
}
