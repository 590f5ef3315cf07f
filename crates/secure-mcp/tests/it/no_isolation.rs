//! The override `no_isolation` on a host that cannot isolate: who may run what, until when, and what
//! the reply and the log say of it.

use crate::BINARY;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use testkit::{Server, ServerOptions, modern};

/// Gives the program a user namespace that allows no further one; what it sets is the namespace's own.
/// Root keeps every user of the host, for the sandboxes' own; anybody else has just their own.
const WRAPPER: &str = r#"#!/usr/bin/python3
import ctypes, os, sys
uid, gid, ready, done, me = os.getuid(), os.getgid(), os.pipe(), os.pipe(), os.getpid()
if uid == 0 and os.fork() == 0:
    os.read(ready[0], 1)
    for kind in ("uid", "gid"):
        open(f"/proc/{me}/{kind}_map", "w").write("0 0 4294967295")
    os.write(done[1], b"x")
    os._exit(0)
if ctypes.CDLL(None).unshare(0x10000000) != 0: sys.exit("no user namespace")
if uid == 0:
    os.write(ready[1], b"x"); os.read(done[0], 1); os.wait()
else:
    open("/proc/self/setgroups", "w").write("deny")
    open("/proc/self/uid_map", "w").write(f"{uid} {uid} 1")
    open("/proc/self/gid_map", "w").write(f"{gid} {gid} 1")
open("/proc/sys/user/max_user_namespaces", "w").write("0")
os.execv("BINARY", sys.argv)
"#;

const PERMIT: &str = r#"
@id("developers-without-isolation")
permit (principal in Role::"developer", action == Action::"runInProcess", resource in ToolGroup::"code");
@id("trusted-without-isolation")
permit (principal in ClientClass::"trusted", action == Action::"runInProcess", resource in ToolGroup::"code");
"#;

/// A host without isolation, and what its operator wrote.
struct Host {
    folder: TempDir,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let wrapper = folder.path().join("secure-mcp");
        fs::write(&wrapper, WRAPPER.replace("BINARY", BINARY)).unwrap();
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    fn binary(&self) -> PathBuf {
        self.folder.path().join("secure-mcp")
    }

    /// The repository's policy with the permit that it gives nobody.
    fn permissive(&self) -> PathBuf {
        let policies = self.folder.path().join("policies");
        testkit::copy_policies(&policies);
        fs::write(policies.join("unisolated.cedar"), PERMIT).unwrap();
        policies
    }

    async fn serve(&self, config: String, policies: Option<PathBuf>) -> Server {
        Server::start_with(self.binary(), ServerOptions { config, policies, ..ServerOptions::default() })
            .await
    }
}

fn written(expires: &str) -> String {
    format!("[[override]]\nname = \"no_isolation\"\nreason = \"the kernel is old\"\nexpires = {expires}\n")
}

/// A date within the next year, as it is written.
fn far() -> String {
    day(SystemTime::now() + Duration::from_secs(20 * 24 * 60 * 60))
}

fn day(moment: SystemTime) -> String {
    stamp(moment).split('T').next().unwrap().to_owned()
}

/// RFC 3339, by the machine's `date`.
fn stamp(moment: SystemTime) -> String {
    let seconds = moment.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let output = std::process::Command::new("date")
        .args(["-u", "-d", &format!("@{seconds}"), "+%Y-%m-%dT%H:%M:%SZ"])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

async fn run(server: &Server, code: &str) -> Value {
    let arguments = json!({ "code": code, "timeout_ms": 5000 });
    let call = modern(1, "tools/call", json!({ "name": "python-runner", "arguments": arguments }));
    server.post(Some(&server.token("dev")), &call).await.json()
}

fn refusal(answer: &Value) -> &str {
    answer["result"]["_meta"]["secure-mcp/refusal"]["code"].as_str().unwrap_or_default()
}

fn verdict(answer: &Value) -> Value {
    let controls = answer["result"]["_meta"]["secure-mcp/call"]["controls"].as_array();
    let controls = controls.unwrap_or_else(|| panic!("{answer}"));
    controls.iter().find(|control| control["name"] == "execute.isolation").unwrap().clone()
}

fn shown(server: &Server, arguments: &[&str]) -> String {
    let data_dir = server.data_dir();
    let output = server.command(&[arguments, &["--data-dir", data_dir.to_str().unwrap()]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn without_an_override_no_code_is_offered() {
    let host = Host::new();
    let server = host.serve(String::new(), Some(host.permissive())).await;
    let listed = server.post(Some(&server.token("dev")), &modern(1, "tools/list", json!({}))).await.json();
    assert!(!listed.to_string().contains("python-runner"), "{listed}");
    let answer = run(&server, "print(1)").await;
    assert!(answer["error"].is_object(), "{answer}");
}

#[tokio::test]
async fn without_a_permit_the_override_opens_nothing() {
    let host = Host::new();
    let server = host.serve(written(&far()), None).await;
    let answer = run(&server, "print(1)").await;
    assert_eq!(refusal(&answer), "isolation_unavailable", "{answer}");
    assert_eq!(verdict(&answer)["verdict"], "refused", "{answer}");
}

#[tokio::test]
async fn under_the_override_code_runs_and_everything_says_so() {
    let host = Host::new();
    let server = host.serve(written(&far()), Some(host.permissive())).await;
    let secret = server.data_dir().join("keys");
    let answer = run(
        &server,
        &format!(
            "import os, socket\nfor attack in [lambda: os.listdir({secret:?}), lambda: socket.socket(), \
             lambda: os.kill({}, 9), lambda: open('/proc/{}/environ')]:\n try: attack(); print('done')\n \
             except PermissionError: print('held')",
            server.pid(),
            server.pid(),
        ),
    )
    .await;
    let data = &answer["result"]["structuredContent"];
    assert_eq!(data["stdout"], "held\nheld\nheld\nheld\n", "{answer}");
    assert_eq!(data["isolation"], "none (override)");
    assert!(answer["result"]["content"].to_string().contains("none (override)"), "{answer}");
    let said = verdict(&answer);
    assert_eq!(said["verdict"], "not_configured");
    let detail = said["detail"].as_str().unwrap();
    assert!(detail.contains(&format!("override no_isolation until {}", far())), "{detail}");
    let call = answer["result"]["_meta"]["secure-mcp/call"]["call_id"].as_str().unwrap();
    let records = shown(&server, &["audit", "show", call, "--json"]);
    assert!(records.contains("not_configured") && records.contains("override no_isolation"), "{records}");
    let listed = server.post(Some(&server.token("dev")), &modern(1, "tools/list", json!({}))).await.json();
    assert!(listed.to_string().contains("WITHOUT ISOLATION"), "{listed}");
    let tail = shown(&server, &["audit", "tail", "--count", "50", "--json"]);
    assert!(tail.contains("override_active"), "{tail}");
    let slow = run(&server, "while True: pass").await;
    assert_eq!(refusal(&slow), "timeout", "{slow}");

    let config = server.folder().join("server.toml");
    let doctor = server.command(&["doctor", "--config", config.to_str().unwrap()]);
    let lines = String::from_utf8(doctor.stdout).unwrap();
    let line = lines.lines().find(|line| line.contains(" override: ")).unwrap_or_else(|| panic!("{lines}"));
    assert!(
        line.starts_with("degraded") && line.contains(&far()) && line.contains("kernel is old"),
        "{lines}"
    );
}

#[tokio::test]
async fn a_run_that_the_tools_own_deadline_cuts_off_is_no_pass_either() {
    let host = Host::new();
    let config =
        format!("{}[[tool]]\nname = \"python-runner\"\nlimits = {{ timeout_ms = 1000 }}\n", written(&far()));
    let server = host.serve(config, Some(host.permissive())).await;
    let cut = run(&server, "while True: pass").await;
    assert_eq!(refusal(&cut), "timeout", "{cut}");
    assert_eq!(verdict(&cut)["verdict"], "not_configured", "{cut}");
}

#[tokio::test]
async fn an_override_ends_while_the_server_runs() {
    let host = Host::new();
    let end = SystemTime::now() + Duration::from_secs(12);
    let server = host.serve(written(&stamp(end)), Some(host.permissive())).await;
    let before = run(&server, "print('ran')").await;
    assert_eq!(before["result"]["structuredContent"]["stdout"], "ran\n", "{before}");
    let deadline = Instant::now() + Duration::from_secs(60);
    let refused = loop {
        let answer = run(&server, "print('ran')").await;
        if !refusal(&answer).is_empty() {
            break answer;
        }
        assert!(Instant::now() < deadline, "it never ended: {answer}");
    };
    assert!(SystemTime::now() >= end - Duration::from_secs(1));
    assert_eq!(refusal(&refused), "isolation_unavailable", "{refused}");
    let ended = loop {
        let tail = shown(&server, &["audit", "tail", "--count", "50", "--json"]);
        if tail.contains("config_changed") {
            break tail;
        }
        assert!(Instant::now() < deadline, "its end is in no record");
    };
    assert_eq!(ended.matches("\"event\":\"config_changed\"").count(), 1);

    let config = server.folder().join("server.toml");
    let doctor = server.command(&["doctor", "--config", config.to_str().unwrap()]);
    let lines = String::from_utf8(doctor.stdout).unwrap();
    assert!(lines.contains("no_isolation ended"), "{lines}");
    let again = server.command(&["serve", "--config", config.to_str().unwrap()]);
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("has expired"));
}

#[tokio::test]
async fn where_isolation_is_there_the_override_changes_nothing() {
    let host = Host::new();
    let options = ServerOptions {
        config: written(&far()),
        policies: Some(host.permissive()),
        ..ServerOptions::default()
    };
    let server = Server::start_with(BINARY, options).await;
    let answer = run(&server, "print('ran')").await;
    assert_eq!(answer["result"]["structuredContent"]["isolation"], "native", "{answer}");
    assert_eq!(verdict(&answer)["verdict"], "pass", "{answer}");
    let config = server.folder().join("server.toml");
    let doctor = server.command(&["doctor", "--config", config.to_str().unwrap()]);
    let lines = String::from_utf8(doctor.stdout).unwrap();
    assert!(lines.contains("not needed"), "{lines}");
}
