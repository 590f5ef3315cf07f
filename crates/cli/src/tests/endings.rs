//! Exit codes and failures of commands that find no server, or none of the files that they need.

use crate::{
    BoxFuture, ChangedPolicy, DoctorLine, DoctorState, Environment, Exit, Offline, Running, Server,
    WitnessLine, run,
};
use authz::{CheckReport, Policy};
use domain::{Digest, Secret};
use settings::Settings;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// A binary that can do nothing.
struct Nothing;

impl Server for Nothing {
    fn prepare_quickstart(&self, _: &Settings) -> anyhow::Result<()> {
        anyhow::bail!("not here")
    }

    fn start(&self, _: Settings, _: ChangedPolicy) -> BoxFuture<'_, anyhow::Result<Running>> {
        Box::pin(async { Err(crate::Failure::policy_changed("one", "two").into()) })
    }

    fn check_policy(&self, directory: &Path) -> anyhow::Result<CheckReport> {
        let failed = match directory.file_name().is_some_and(|name| name == "good") {
            true => Vec::new(),
            false => vec![authz::CaseFailure {
                case: "a-case".to_owned(),
                differences: vec!["differs".to_owned()],
            }],
        };
        Ok(CheckReport { policy_hash: Digest::of(b"policy"), passed: Vec::new(), failed, lints: Vec::new() })
    }

    fn load_policy(&self, _: &Path) -> anyhow::Result<Arc<Policy>> {
        anyhow::bail!("not here")
    }

    fn sample_policy(&self) -> Vec<(&'static str, &'static str)> {
        vec![("roles.toml", "tenant = \"acme\"\n"), ("tests/one/request.json", "{}")]
    }

    fn open_offline<'a>(&'a self, _: &'a Settings) -> BoxFuture<'a, anyhow::Result<Offline>> {
        Box::pin(async { anyhow::bail!("not here") })
    }

    fn compare_witnesses<'a>(&'a self, _: &'a Settings) -> BoxFuture<'a, anyhow::Result<Vec<WitnessLine>>> {
        Box::pin(async { anyhow::bail!("not here") })
    }

    fn accept_restore<'a>(
        &'a self,
        _: &'a Settings,
        _: &'a str,
    ) -> BoxFuture<'a, anyhow::Result<Vec<String>>> {
        Box::pin(async { anyhow::bail!("not here") })
    }

    fn policy_desk(&self, _: &Settings, _: &Offline) -> anyhow::Result<admin::PolicyDesk> {
        anyhow::bail!("not here")
    }

    fn doctor<'a>(&'a self, _settings: &'a Settings) -> BoxFuture<'a, Vec<DoctorLine>> {
        Box::pin(async {
            let (subject, cause) = ("isolation".to_owned(), "none".to_owned());
            vec![DoctorLine { subject, state: DoctorState::Missing, cause, fix: "another kernel".to_owned() }]
        })
    }
}

fn check(typed: &[&str], expected: Exit) {
    check_with(typed, Environment::default(), expected);
}

fn check_with(typed: &[&str], environment: Environment, expected: Exit) {
    let arguments = std::iter::once("secure-mcp").chain(typed.iter().copied()).map(OsString::from);
    let ended = run(arguments, environment, &Nothing);
    assert_eq!(format!("{ended:?}"), format!("{:?}", ExitCode::from(expected)), "{typed:?}");
}

fn with_token() -> Environment {
    Environment { token: Some(Secret::new("a.b.c".to_owned())), log: None }
}

#[test]
fn help_and_version_are_answers_and_a_mistake_is_none() {
    check(&["--help"], Exit::Ok);
    check(&["--version"], Exit::Ok);
    check(&["audit", "verify", "--help"], Exit::Ok);
    check(&[], Exit::Usage);
    check(&["nonsense"], Exit::Usage);
    check(&["serve"], Exit::Usage);
    check(&["audit", "show", "x", "--json"], Exit::Usage);
}

#[test]
fn without_a_server_a_call_is_unreachable() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    check_with(&["call", "echo", "--data-dir", here], with_token(), Exit::Unreachable);
    check_with(
        &["query", "customer_database", "SELECT 1", "--data-dir", here],
        with_token(),
        Exit::Unreachable,
    );
    check_with(&["call", "echo", "--url", "http://127.0.0.1:1/mcp"], with_token(), Exit::Unreachable);
    check(&["audit", "tail", "--data-dir", "/nowhere"], Exit::Unreachable);
    check(&["approve", "a_1", "--person", "sam", "--data-dir", here], Exit::Unreachable);
}

#[test]
fn what_was_typed_is_looked_at_before_anybody_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    check(&["call", "echo", "--data-dir", here], Exit::Usage);
    check_with(&["call", "echo", "--json", "[1]", "--data-dir", here], with_token(), Exit::Usage);
    check_with(&["call", "echo", "--url", "http://example.com/mcp"], with_token(), Exit::Usage);
    check(&["approve", "../tokens", "--person", "sam", "--data-dir", here], Exit::Usage);
    check_with(&["approve", "a_1", "--data-dir", here], with_token(), Exit::Usage);
    check(&["approvals", "--data-dir", here], Exit::Usage);
    check(&["stdio", "--url", "wss://127.0.0.1:1", "--token-file", "/nowhere/token"], Exit::Usage);
    check(&["token", "create", "--person", "ana", "--client", "c", "--data-dir", "/nowhere"], Exit::Usage);
    check(&["serve", "--config", "/nowhere/secure-mcp.toml"], Exit::Usage);
    check(&["quickstart", "--once", "--listen", "0.0.0.0:8443", "--data-dir", here], Exit::Usage);
}

#[test]
fn init_writes_once_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("new");
    let typed = ["init", here.to_str().unwrap()];
    check(&typed, Exit::Ok);
    assert!(here.join("secure-mcp.toml").is_file() && here.join("policies/tests/one/request.json").is_file());
    std::fs::write(here.join("secure-mcp.toml"), "mine").unwrap();
    check(&typed, Exit::Usage);
    assert_eq!(std::fs::read_to_string(here.join("secure-mcp.toml")).unwrap(), "mine");
}

#[test]
fn what_does_not_verify_ends_with_two() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    check(&["policy", "check", &format!("{here}/good")], Exit::Ok);
    check(&["policy", "check", &format!("{here}/bad"), "--json"], Exit::NotVerified);
    check(&["audit", "verify", "--dir", here], Exit::Usage);
    check(&["audit", "verify", "--dir", here, "--receipt", "/nowhere/receipt"], Exit::Usage);
}

#[test]
fn doctor_reports_and_does_not_fail() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    check(&["doctor", "--data-dir", here], Exit::Ok);
    check(&["doctor", "--data-dir", here, "--json"], Exit::Ok);
}
