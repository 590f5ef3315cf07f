//! Files that decide, and who can change them.

use crate::BINARY;
use serde_json::json;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Output};
use testkit::{Server, ServerOptions, free_port};

fn set(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn told(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(BINARY).args(arguments).current_dir(folder).output().unwrap()
}

#[test]
fn a_policy_that_others_can_change_is_not_read() {
    let home = tempfile::tempdir().unwrap();
    let policies = home.path().join("policies");
    testkit::copy_policies(&policies);
    let check = || run(home.path(), &["policy", "check", "policies"]);
    assert_eq!(check().status.code(), Some(0), "{}", told(&check()));
    let case = fs::read_dir(policies.join("tests")).unwrap().next().unwrap().unwrap().path();
    for (path, before) in [
        (policies.join("roles.toml"), 0o644),
        (policies.join("schema.cedarschema"), 0o644),
        (policies.clone(), 0o755),
        (case.clone(), 0o755),
        (case.join("request.json"), 0o644),
    ] {
        set(&path, before | 0o002);
        let refused = check();
        assert_eq!(refused.status.code(), Some(2), "{}: {}", path.display(), told(&refused));
        assert!(told(&refused).contains("fix: chmod go-w '"), "{}", told(&refused));
        set(&path, before);
    }
    assert_eq!(check().status.code(), Some(0), "{}", told(&check()));
    if fs::metadata(home.path()).unwrap().uid() == 0 {
        // Root can give files away: those of another user are refused, those of another group unless it writes.
        let roles = policies.join("roles.toml");
        std::os::unix::fs::chown(&roles, Some(65534), None).unwrap();
        assert!(told(&check()).contains("owner 65534"), "{}", told(&check()));
        std::os::unix::fs::chown(&roles, Some(0), Some(65534)).unwrap();
        assert_eq!(check().status.code(), Some(0), "{}", told(&check()));
        set(&roles, 0o664);
        assert_eq!(check().status.code(), Some(2), "{}", told(&check()));
    }
}

/// The file of the key set has no other guard than its rights.
#[tokio::test]
async fn a_configuration_a_key_set_and_a_policy_that_others_can_change_stop_the_start() {
    let keys = tempfile::tempdir().unwrap();
    let jwks = keys.path().join("keys.json");
    let public = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let set_of_keys = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "one", "use": "sig", "x": public }] });
    fs::write(&jwks, set_of_keys.to_string()).unwrap();
    set(&jwks, 0o644);
    let config = format!(
        "[[identity.issuers]]\nissuer = \"https://login.example.com\"\njwks_file = \"{}\"\ntenant = \"acme\"\n",
        jwks.display()
    );
    let mut server = Server::start_with(BINARY, ServerOptions { config, ..ServerOptions::default() }).await;
    server.kill();
    let file = server.folder().join("server.toml");
    set(&file, 0o644);
    for (path, code) in [
        (file.clone(), "config_exposed"),
        (jwks.clone(), "file_untrusted"),
        (server.folder().join("policies/roles.toml"), "policy_invalid"),
    ] {
        set(&path, 0o646);
        let refused = server.command(&["serve", "--config", file.to_str().unwrap()]);
        assert!(!refused.status.success());
        let said = told(&refused);
        assert!(said.contains(code) && said.contains("mode 646") && said.contains("chmod go-w"), "{said}");
        set(&path, 0o644);
    }
    server.restart().await;
}

#[test]
fn a_tree_made_under_umask_002_is_served() {
    let home = tempfile::tempdir().unwrap();
    let policies = home.path().join("policies");
    testkit::copy_policies(&policies);
    set(&policies, 0o775);
    set(&policies.join("roles.toml"), 0o664);
    let own = fs::metadata(&policies).unwrap();
    let checked = run(home.path(), &["policy", "check", "policies"]);
    let expected = if own.gid() == own.uid() { 0 } else { 2 };
    assert_eq!(checked.status.code(), Some(expected), "{}", told(&checked));
    let listen = format!("127.0.0.1:{}", free_port());
    let shown = Command::new("sh")
        .args([
            "-c",
            "umask 002 && exec \"$@\"",
            "sh",
            BINARY,
            "quickstart",
            "--once",
            "--json",
            "--listen",
            &listen,
        ])
        .current_dir(home.path())
        .output()
        .unwrap();
    assert_eq!(shown.status.code(), Some(0), "{}", told(&shown));
    let init = Command::new("sh")
        .args(["-c", "umask 002 && exec \"$@\"", "sh", BINARY, "init", "first"])
        .current_dir(home.path())
        .output()
        .unwrap();
    assert_eq!(init.status.code(), Some(0), "{}", told(&init));
    let checked = run(home.path(), &["policy", "check", "first/policies"]);
    assert_eq!(checked.status.code(), Some(expected), "{}", told(&checked));
}
