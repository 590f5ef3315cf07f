//! Whichever way a run, its caller or its server ends, nothing is left.

use std::fs;
use std::time::Duration;

use serde_json::json;

use crate::engine::{
    Caller, Engine, find_directories, processes_with, unique_token, wait_for_process, wait_until,
    wait_until_gone,
};
use crate::program::{Outcome, bash, limited};

/// A tree that does not go by itself, deaf to everything but SIGKILL.
fn stubborn(token: &str) -> serde_json::Value {
    let code = "trap '' TERM HUP INT QUIT; (setsid bash -c 'trap \"\" TERM; while :; do sleep 1; done' \"$0\" &); while :; do sleep 1; done";
    bash(code, token)
}

pub fn server_is_killed(engine: &mut Engine) {
    let token = unique_token("orphan");
    engine.send(&json!({ "run": stubborn(&token) }));
    wait_for_process(&token);
    engine.kill();
    wait_until_gone(&token);
    // The next server sweeps what the dead one could not.
    let prefix = format!("secure-mcp-sandbox-{}-", engine.pid());
    let mut next = Engine::start(engine.caller);
    next.run(&bash("echo next", "next")).assert_ok();
    assert_eq!(find_directories("/sys/fs/cgroup".into(), &prefix), Vec::<std::path::PathBuf>::new());
}

pub fn future_is_dropped(engine: &mut Engine) {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let file = directory.path().join("now");
    let token = unique_token("dropped");
    engine.send(&json!({ "drop_at_file": { "spec": stubborn(&token), "file": file } }));
    wait_for_process(&token);
    fs::write(&file, "").unwrap();
    assert_eq!(engine.answer(), json!("dropped"));
    wait_until_gone(&token);
    wait_until("the launcher is reaped", Duration::from_secs(1), || engine.children().is_empty());
    wait_until("the group is removed", Duration::from_secs(1), || engine.groups().is_empty());
    engine.run(&bash("echo next", "next")).assert_ok();
}

pub fn caller_cancels(engine: &mut Engine) {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let file = directory.path().join("now");
    let token = unique_token("cancelled");
    let spec = bash("echo begun; while :; do sleep 1; done", &token);
    engine.send(&json!({ "cancel_at_file": { "spec": spec, "file": file } }));
    wait_for_process(&token);
    fs::write(&file, "").unwrap();
    let result = Outcome::new(engine.answer());
    assert_eq!(result.value["exit"], json!("cancelled"), "{}", result.summary());
    assert_eq!(processes_with(&token), Vec::<u32>::new());
    assert!(engine.groups().is_empty());
}

pub fn deadline_passes(engine: &mut Engine) {
    let token = unique_token("deadline");
    let result = engine.run(&limited(stubborn(&token), "wall_time_ms", 400));
    assert_eq!(result.limit(), Some("wall_time"), "{}", result.summary());
    assert_eq!(result.value["exit"]["limit_exceeded"]["value"], json!(400));
    assert!(result.usage("wall_ms") < 1_500, "{}", result.summary());
    assert_eq!(processes_with(&token), Vec::<u32>::new());
}

pub fn launcher_is_killed(engine: &mut Engine) {
    let token = unique_token("launcher");
    engine.send(&json!({ "run": stubborn(&token) }));
    wait_for_process(&token);
    for pid in engine.children() {
        let pid = rustix::process::Pid::from_raw(pid as i32).unwrap();
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
    let result = Outcome::new(engine.answer());
    assert_eq!(result.value["kind"], json!("Lost"), "{}", result.summary());
    wait_until_gone(&token);
    assert!(engine.groups().is_empty());
}

pub fn long_lived_sandbox_is_dropped_or_killed(engine: &mut Engine) {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for kill in [false, true] {
        let file = directory.path().join(format!("now-{kill}"));
        let token = unique_token(&format!("long-lived-{kill}"));
        let mut spec = stubborn(&token);
        spec["lifetime"] = json!("long_lived");
        engine.send(&json!({ "start_until_file": { "spec": spec, "file": file, "kill": kill } }));
        wait_for_process(&token);
        fs::write(&file, "").unwrap();
        assert_eq!(engine.answer(), json!(if kill { "Cancelled" } else { "dropped" }));
        wait_until_gone(&token);
        wait_until("the group is removed", Duration::from_secs(1), || engine.groups().is_empty());
    }
}

pub fn thirty_at_once_leave_nothing(engine: &mut Engine) {
    let mounts = || fs::read_to_string("/proc/self/mountinfo").unwrap();
    let (mounts_before, token) = (mounts(), unique_token("parallel"));
    let spec = bash("echo $((6*7)); (sleep 100 &); sleep 0.1", &token);
    let results = engine.ask(&json!({ "parallel": { "spec": spec, "count": 30 } }));
    let results = results.as_array().unwrap();
    assert_eq!(results.len(), 30);
    for result in results {
        assert_eq!(Outcome::new(result.clone()).assert_ok().stdout(), "42\n");
    }
    assert_eq!(processes_with(&token), Vec::<u32>::new());
    assert!(engine.children().is_empty());
    assert!(engine.groups().is_empty());
    assert_eq!(mounts_before, mounts());
}

/// How many runs in a row: some here, many where the long tests run.
fn runs_in_a_row() -> usize {
    std::env::var("SECURE_MCP_SOAK_SANDBOXES").map_or(64, |text| text.parse().unwrap())
}

#[expect(clippy::print_stdout, reason = "a long run says what it saw")]
fn many_in_a_row_leave_nothing(engine: &mut Engine) {
    const AT_ONCE: usize = 8;
    let descriptors = |engine: &Engine| fs::read_dir(format!("/proc/{}/fd", engine.pid())).unwrap().count();
    let token = unique_token("row");
    let spec = bash("echo $((6*7)) > /tmp/x; cat /tmp/x; (sleep 100 &)", &token);
    let batch = json!({ "parallel": { "spec": spec, "count": AT_ONCE } });
    let mut ran = 0;
    let mut at_first = None;
    while ran < runs_in_a_row() {
        for result in engine.ask(&batch).as_array().unwrap() {
            assert_eq!(Outcome::new(result.clone()).assert_ok().stdout(), "42\n");
        }
        ran += AT_ONCE;
        at_first.get_or_insert_with(|| (descriptors(engine), engine.ask(&json!("peak_memory"))));
    }
    let (descriptors_at_first, memory_at_first) = at_first.unwrap();
    let memory = engine.ask(&json!("peak_memory"));
    println!("{ran} sandboxes: {memory_at_first} KiB after the first {AT_ONCE}, {memory} KiB after all");
    assert_eq!(processes_with(&token), Vec::<u32>::new());
    assert!(engine.children().is_empty() && engine.groups().is_empty());
    assert!(descriptors(engine) <= descriptors_at_first, "descriptors are left open");
    let growth = memory.as_u64().unwrap() - memory_at_first.as_u64().unwrap();
    assert!(growth < 8 * 1024, "{growth} KiB more than after the first runs");
}

/// A living server's groups are not swept by another one that starts.
#[test]
fn sweep_spares_the_living() {
    let mut first = Engine::start(Caller::Root);
    let token = unique_token("spared");
    first.send(&json!({ "run": bash("sleep 1; echo spared", &token) }));
    wait_for_process(&token);
    let mut second = Engine::start(Caller::Root);
    second.run(&bash("echo second", "second")).assert_ok();
    assert!(!first.groups().is_empty());
    assert_eq!(Outcome::new(first.answer()).assert_ok().stdout(), "spared\n");
}

crate::as_root_and_as_user!(
    server_is_killed,
    future_is_dropped,
    caller_cancels,
    deadline_passes,
    launcher_is_killed,
    long_lived_sandbox_is_dropped_or_killed,
    thirty_at_once_leave_nothing,
    many_in_a_row_leave_nothing,
);
