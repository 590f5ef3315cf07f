//! The first minute: the demonstration, its exit codes, and what makes it stop.

use crate::BINARY;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use testkit::free_port;

fn quickstart(folder: &Path, port: u16) -> Output {
    once(Command::new(BINARY), folder, port)
}

/// The same, as an ordinary user, on a machine whose `interpreters` are no programs.
fn quickstart_without(interpreters: &[&str], folder: &Path, port: u16) -> Output {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-euc", WITHOUT]);
    command.arg("sh").arg(interpreters.join(" ")).arg(BINARY);
    once(command, folder, port)
}

const WITHOUT: &str = r#"
PATH=/usr/sbin:/usr/bin:/sbin:/bin
away=$1; shift
for path in $away; do if [ -e "$path" ]; then mount --bind /dev/null "$(readlink -f "$path")"; fi; done
exec unshare --user --map-user=1000 --map-group=1000 "$@"
"#;

fn once(mut program: Command, folder: &Path, port: u16) -> Output {
    let listen = format!("127.0.0.1:{port}");
    program
        .args(["quickstart", "--once", "--json", "--listen", &listen])
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap()
}

fn command(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(BINARY).args(arguments).current_dir(folder).output().unwrap()
}

fn steps(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

fn told(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn it_shows_every_step_and_stops_at_a_changed_policy_and_a_changed_log() {
    let home = tempfile::tempdir().unwrap();
    let port = free_port();
    let first = quickstart(home.path(), port);
    assert_eq!(first.status.code(), Some(0), "{}", told(&first));
    let steps = steps(&first);
    for step in ["ALLOWED", "MASKED", "DENIED", "PENDING", "APPROVED", "PROOF"] {
        let found = steps
            .iter()
            .find(|line| line["step"].as_str().is_some_and(|said| said.eq_ignore_ascii_case(step)));
        let found = found.unwrap_or_else(|| panic!("no {step}: {}", told(&first)));
        let call = found["call_id"].as_str().unwrap();
        let shown = command(home.path(), &["audit", "show", call]);
        assert_eq!(shown.status.code(), Some(0), "{step}: {}", told(&shown));
        assert!(told(&shown).contains(call), "{step}: {}", told(&shown));
    }

    let roles = home.path().join("secure-mcp-data/policies/roles.toml");
    let before = std::fs::read_to_string(&roles).unwrap();
    std::fs::write(&roles, before.replace("ana  = [\"analyst\"]", "ana  = [\"analyst\", \"developer\"]"))
        .unwrap();
    let changed = quickstart(home.path(), port);
    assert_eq!(changed.status.code(), Some(2), "{}", told(&changed));
    assert!(told(&changed).contains("policy_changed"), "{}", told(&changed));
    std::fs::write(&roles, format!("{before}\n# a remark\n")).unwrap();
    let accepted = command(home.path(), &["policy", "accept"]);
    assert_eq!(accepted.status.code(), Some(0), "{}", told(&accepted));
    let again = quickstart(home.path(), port);
    assert_eq!(again.status.code(), Some(0), "{}", told(&again));

    let segment = std::fs::read_dir(home.path().join("secure-mcp-data/audit"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|kind| kind == "seg"))
        .unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[2000] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let damaged = quickstart(home.path(), port);
    assert_eq!(damaged.status.code(), Some(2), "{}", told(&damaged));
}

#[test]
fn without_python_it_runs_what_there_is_and_without_any_interpreter_its_line_says_so() {
    let python = ["/usr/bin/python3", "/usr/local/bin/python3", "/bin/python3"];
    let others =
        ["/usr/bin/node", "/usr/local/bin/node", "/usr/bin/nodejs", "/bin/bash", "/usr/local/bin/bash"];
    let none: Vec<&str> = python.iter().chain(&others).copied().collect();
    for (hidden, decisions) in [
        (&python[..], [("PENDING", "pending"), ("APPROVED", "allow")].as_slice()),
        (&none, &[("PENDING", "deny")]),
    ] {
        let home = tempfile::tempdir().unwrap();
        let output = quickstart_without(hidden, home.path(), free_port());
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        let of_code: Vec<(String, String)> = steps(&output)
            .iter()
            .filter(|line| matches!(line["step"].as_str(), Some("PENDING" | "APPROVED")))
            .map(|line| {
                assert!(
                    !line["detail"].as_str().unwrap().starts_with("python-runner") || decisions.len() == 1
                );
                let call = line["call_id"].as_str().unwrap();
                let shown = command(home.path(), &["audit", "show", call]);
                assert_eq!(shown.status.code(), Some(0), "{}", told(&shown));
                (line["step"].as_str().unwrap().to_owned(), line["decision"].as_str().unwrap().to_owned())
            })
            .collect();
        let of_code: Vec<(&str, &str)> =
            of_code.iter().map(|(step, decision)| (step.as_str(), decision.as_str())).collect();
        assert_eq!(of_code, decisions, "{}", told(&output));
    }
}
