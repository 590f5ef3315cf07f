//! Attacks on other processes: their memory, their lives, their names.

use std::fs;

use crate::engine::{Engine, processes_with, unique_token, wait_until_gone};
use crate::program::{bash, python};

pub fn memory_of_the_server(engine: &mut Engine) {
    let (own, server) = (std::process::id(), engine.pid());
    let attack = engine.run(&python(&format!(
        r#"
def read_memory(pid):
    maps = open(f'/proc/{{pid}}/maps').readline()
    with open(f'/proc/{{pid}}/mem', 'rb') as memory:
        memory.seek(int(maps.split('-')[0], 16))
        return len(memory.read(16))
attempt('twin', lambda: read_memory('self'))
for name, pid in [('own', {own}), ('server', {server}), ('init', 1), ('parent', os.getppid() or 1)]:
    attempt(f'mem_{{name}}', lambda: read_memory(pid))
    attempt(f'vm_{{name}}', lambda: syscall(310, pid, 0, 0, 0, 0, 0))
    attempt(f'write_{{name}}', lambda: syscall(311, pid, 0, 0, 0, 0, 0))
    attempt(f'pidfd_{{name}}', lambda: syscall(438, os.pidfd_open(os.getpid()), 0, 0))
"#
    )));
    attack.assert_ok().assert_done("twin");
    for name in ["own", "server", "init", "parent"] {
        attack.assert_denied(&[&format!("mem_{name}")], &["ENOENT", "EACCES"]);
        let calls = [format!("vm_{name}"), format!("write_{name}"), format!("pidfd_{name}")];
        attack.assert_denied(&calls.each_ref().map(String::as_str), &["EPERM"]);
    }
}

pub fn killing_the_server(engine: &mut Engine) {
    let (own, server) = (std::process::id(), engine.pid());
    let attack = engine.run(&python(&format!(
        r#"
child = os.fork()
if child == 0:
    time.sleep(60)
attempt('twin', lambda: os.kill(child, signal.SIGKILL))
os.waitpid(child, 0)
for name, pid in [('own', {own}), ('server', {server})]:
    attempt(name, lambda: os.kill(pid, signal.SIGKILL))
    attempt(f'group_{{name}}', lambda: os.killpg(pid, signal.SIGKILL))
    attempt(f'queue_{{name}}', lambda: syscall(129, pid, 9, ctypes.create_string_buffer(128)))
attempt('init', lambda: os.kill(1, signal.SIGKILL))
attempt('parent', lambda: os.kill(os.getppid() or 1, signal.SIGKILL))
signal.signal(signal.SIGTERM, signal.SIG_IGN)
attempt('all', lambda: os.kill(-1, signal.SIGTERM))
attempt('group', lambda: os.kill(0, signal.SIGTERM))
time.sleep(0.2)
print('alive')
"#
    )));
    attack.assert_ok().assert_done("twin");
    attack.assert_denied(&["own", "server", "group_own", "group_server"], &["ESRCH"]);
    attack.assert_denied(&["queue_own", "queue_server"], &["ESRCH", "EPERM"]);
    assert!(attack.stdout().ends_with("alive\n"), "PID 1 outlives it too: {}", attack.summary());
    let suicide = engine.run(&bash("kill -9 0; kill -9 -1; kill -9 $$", "suicide"));
    assert_eq!(suicide.value["exit"]["signal"], serde_json::json!(9), "{}", suicide.summary());
    engine.run(&bash("echo next", "next")).assert_ok();
}

pub fn tracing(engine: &mut Engine) {
    let attack = engine.run(&python(
        "child = os.fork()\n\
         if child == 0:\n\
         \x20   time.sleep(0.3)\n\
         \x20   os._exit(7)\n\
         attempt('attach', lambda: syscall(101, 16, child, 0, 0))\n\
         attempt('seize', lambda: syscall(101, 0x4206, child, 0, 0))\n\
         attempt('me', lambda: syscall(101, 0, 0, 0, 0))\n\
         attempt('init', lambda: syscall(101, 16, 1, 0, 0))\n\
         attempt('compare', lambda: syscall(312, os.getpid(), child, 0, 0, 0))\n\
         attempt('twin', lambda: os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))",
    ));
    assert_eq!(attack.assert_ok().attempt("twin"), "done:7");
    attack.assert_denied(&["attach", "seize", "me", "init", "compare"], &["EPERM"]);
}

pub fn other_processes_are_invisible(engine: &mut Engine) {
    let attack = engine.run(&python(
        "attempt('twin', lambda: os.getpid() in [int(p) for p in os.listdir('/proc') if p.isdigit()])\n\
         attempt('pids', lambda: [int(p) for p in os.listdir('/proc') if p.isdigit()])\n\
         attempt('init', lambda: open('/proc/1/cmdline').read())\n\
         attempt('names', lambda: socket.gethostname())",
    ));
    assert_eq!(attack.assert_ok().attempt("twin"), "done:True");
    assert_eq!(attack.attempt("pids"), "done:[2]");
    attack.assert_denied(&["init"], &["ENOENT", "EACCES"]);
    assert_eq!(attack.attempt("names"), "done:sandbox");
}

pub fn becoming_somebody_else(engine: &mut Engine) {
    let attack = engine.run(&python(
        "attempt('twin', lambda: (os.getuid(), os.geteuid(), os.getgid()))\n\
         attempt('uid', lambda: os.setuid(0))\n\
         attempt('resuid', lambda: os.setresuid(0, 0, 0))\n\
         attempt('other', lambda: os.setuid(65534))\n\
         attempt('gid', lambda: os.setgid(0))\n\
         attempt('groups', lambda: os.setgroups([0]))\n\
         attempt('fsuid', lambda: syscall(122, 0))\n\
         attempt('caps', lambda: syscall(126, ctypes.create_string_buffer(8), ctypes.create_string_buffer(24)))\n\
         attempt('map', lambda: open('/proc/self/uid_map', 'w').write('0 0 1'))\n\
         attempt('personality', lambda: syscall(135, 0x0040000))",
    ));
    assert_eq!(attack.assert_ok().attempt("twin"), "done:(1000, 1000, 1000)");
    let names = ["uid", "resuid", "other", "gid", "groups", "fsuid", "caps", "personality"];
    attack.assert_denied(&names, &["EPERM"]);
    attack.assert_denied(&["map"], &["EPERM", "EACCES", "EROFS"]);
}

pub fn powers_in_the_status(engine: &mut Engine) {
    let result = engine.run(&bash("while read line; do echo \"$line\"; done < /proc/self/status", "status"));
    let status = result.assert_ok().stdout();
    let value = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(&format!("{name}:")));
        line.unwrap_or_else(|| panic!("no {name}: {status}")).trim().to_owned()
    };
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(value(set), "0000000000000000", "{set}");
    }
    assert_eq!(value("NoNewPrivs"), "1");
    assert_eq!(value("Seccomp"), "2");
    assert_eq!(value("Groups"), "");
}

/// What the host sees: the uid is the sandbox's own, and never root's.
pub fn uid_on_the_host(engine: &mut Engine) {
    let token = unique_token("uid");
    engine.send(&serde_json::json!({ "run": bash("sleep 2 & wait", &token) }));
    crate::engine::wait_for_process(&token);
    for pid in processes_with(&token) {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let Some(line) = status.lines().find_map(|line| line.strip_prefix("Uid:\t")) else { continue };
        let uids: Vec<u32> = line.split('\t').map(|uid| uid.parse().unwrap()).collect();
        let range = 2_000_000_000..2_000_004_096;
        let expected = |uid: &u32| if engine.is_root() { range.contains(uid) } else { *uid == 65534 };
        assert!(uids.iter().all(expected), "{uids:?}");
    }
    engine.answer();
}

pub fn daemon_that_outlives_its_run(engine: &mut Engine) {
    let token = unique_token("daemon");
    let twin = engine.run(&bash("(setsid sleep 0.05) & wait; echo ok", "twin"));
    assert_eq!(twin.assert_ok().stdout(), "ok\n");
    let code = format!(
        "(setsid bash -c 'trap \"\" TERM HUP INT; sleep 300; : {token}' > /dev/null 2>&1 < /dev/null &) & sleep 0.2; echo left"
    );
    let attack = engine.run(&bash(&code, "parent"));
    assert_eq!(attack.assert_ok().stdout(), "left\n");
    assert!(attack.usage("wall_ms") < 5_000);
    wait_until_gone(&token);
    assert!(engine.children().is_empty());
}

/// The pipes are held open by the daemon, yet the run ends with its program.
pub fn daemon_that_keeps_the_pipes(engine: &mut Engine) {
    let token = unique_token("pipes");
    let code = format!("(setsid bash -c 'sleep 300; : {token}' &) & sleep 0.1; echo left");
    let attack = engine.run(&bash(&code, "parent"));
    assert_eq!(attack.assert_ok().stdout(), "left\n");
    assert!(attack.usage("wall_ms") < 5_000, "{}", attack.summary());
    wait_until_gone(&token);
}

crate::as_root_and_as_user!(
    memory_of_the_server,
    killing_the_server,
    tracing,
    other_processes_are_invisible,
    becoming_somebody_else,
    powers_in_the_status,
    uid_on_the_host,
    daemon_that_outlives_its_run,
    daemon_that_keeps_the_pipes,
);
