//! Attacks without isolation: where the host has none and the operator allowed
//! it, on this host, as root and as an ordinary user.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::Path;

use serde_json::json;

use crate::engine::{Caller, Engine, unique_token, wait_for_process, wait_until_gone};
use crate::program::{Outcome, bash, limited, python};

/// Everything that still holds, by the tests of the isolated program.
macro_rules! hold {
    ($($module:ident::$name:ident),* $(,)?) => {
        mod as_root {
            $(#[test] fn $name() {
                crate::$module::$name(&mut crate::engine::Engine::start(crate::engine::Caller::UnisolatedRoot));
            })*
        }
        mod as_user {
            $(#[test] fn $name() {
                crate::$module::$name(&mut crate::engine::Engine::start(crate::engine::Caller::UnisolatedUser));
            })*
        }
    };
}

hold!(
    deaths::caller_cancels,
    deaths::deadline_passes,
    deaths::future_is_dropped,
    deaths::launcher_is_killed,
    deaths::server_is_killed,
    deaths::thirty_at_once_leave_nothing,
    files::environment,
    network::loopback,
    network::metadata_service,
    processes::daemon_that_keeps_the_pipes,
    processes::daemon_that_outlives_its_run,
    processes::tracing,
    processes::uid_on_the_host,
    resources::endless_loop,
    resources::endless_loop_that_ignores_signals,
    resources::fork_bomb,
    resources::heap_of_many_processes_is_summed,
    resources::one_gigabyte_of_output,
    resources::open_files,
    resources::processor_time_of_many_processes_is_summed,
    resources::shared_anonymous_memory,
    resources::ten_gigabytes_of_heap,
    runs::closed_output_ends_nothing,
    runs::input_output_and_code,
    runs::input_that_nobody_reads,
    runs::interpreters,
    runs::output_up_to_the_limit,
    runs::usage_is_measured,
    unisolated::files_of_the_server_and_its_user,
    unisolated::folder_is_private_and_gone_afterwards,
    unisolated::limits_of_others,
    unisolated::memory_that_no_limit_counts,
    unisolated::one_file_too_large,
    unisolated::processes_of_others,
    unisolated::settings_that_landlock_does_not_hold,
    unisolated::signals_to_others,
    unisolated::sockets_of_the_host,
    unisolated::supervisor_is_killed,
);

/// A secret that only the server's own user may read, and the log of the server.
pub fn files_of_the_server_and_its_user(engine: &mut Engine) {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    let (own, open) = (directory.path().join("own"), directory.path().join("open"));
    for (path, mode) in [(&own, 0o600), (&open, 0o666)] {
        fs::write(path, "a secret of the host").unwrap();
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
    if !engine.is_root() {
        std::os::unix::fs::chown(&own, Some(65534), Some(65534)).unwrap();
    }
    let attack = engine.run(&python(&format!(
        "attempt('twin', lambda: len(open('main.py').read()))\n\
         attempt('own', lambda: open({own:?}).read())\n\
         attempt('open', lambda: open({open:?}).read())\n\
         attempt('write', lambda: open({open:?}, 'w').write('x'))\n\
         attempt('add', lambda: open({directory:?} + '/new', 'w').write('x'))\n\
         attempt('remove', lambda: os.unlink({open:?}))\n\
         attempt('passwd', lambda: open('/etc/passwd').read())\n\
         attempt('tmp', lambda: os.listdir('/tmp'))\n\
         attempt('outside', lambda: open('/tmp/escaped', 'w').write('x'))\n\
         attempt('processes', lambda: os.listdir('/proc'))\n\
         attempt('environment', lambda: open('/proc/{server}/environ').read())\n\
         attempt('shm', lambda: open('/dev/shm/x', 'w').write('x'))",
        directory = directory.path().to_str().unwrap(),
        server = engine.pid(),
    )));
    attack.assert_ok().assert_done("twin");
    let names = [
        "own",
        "open",
        "write",
        "add",
        "remove",
        "passwd",
        "tmp",
        "outside",
        "processes",
        "environment",
        "shm",
    ];
    attack.assert_denied(&names, &["EACCES", "EPERM"]);
    assert_eq!(fs::read_to_string(&open).unwrap(), "a secret of the host");
}

pub fn folder_is_private_and_gone_afterwards(engine: &mut Engine) {
    let attack = engine.run(&python(
        "os.makedirs('a/b')\nopen('a/b/c', 'w').write('x')\nos.umask(0o777)\nos.mkdir('a/b/closed')\n\
         attempt('place', lambda: (os.getcwd() == os.environ['HOME'] == os.environ['TMPDIR'], oct(os.stat('.').st_mode)))\n\
         print(os.getcwd())",
    ));
    assert_eq!(attack.assert_ok().attempt("place"), "done:(True, '0o40700')");
    let stdout = attack.stdout();
    let folder = Path::new(stdout.lines().last().unwrap());
    assert!(folder.starts_with("/tmp/"), "{stdout}");
    assert!(!folder.exists(), "{stdout}");
}

pub fn limits_of_others(engine: &mut Engine) {
    let attack = engine.run(&python(&format!(
        "import resource\n\
         attempt('twin', lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))\n\
         attempt('files', lambda: resource.prlimit({server}, resource.RLIMIT_NOFILE, (8, 8)))\n\
         attempt('read', lambda: resource.prlimit({server}, resource.RLIMIT_NOFILE))\n\
         attempt('priority', lambda: os.setpriority(os.PRIO_PROCESS, {server}, 19))\n\
         attempt('affinity', lambda: os.sched_setaffinity({server}, [0]))",
        server = engine.pid(),
    )));
    attack.assert_ok().assert_done("twin");
    attack.assert_denied(&["files", "read", "priority", "affinity"], &["EPERM", "PermissionError"]);
}

pub fn memory_that_no_limit_counts(engine: &mut Engine) {
    let attack = engine.run(&python("attempt('memfd', lambda: os.memfd_create('x'))"));
    attack.assert_ok();
    if engine.is_root() {
        attack.assert_done("memfd");
    } else {
        attack.assert_denied(&["memfd"], &["EPERM"]);
    }
}

pub fn one_file_too_large(engine: &mut Engine) {
    let code = "signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\nwith open('x', 'wb') as f:\n for n in range(10): f.write(bytes(1 << 20))\nprint('ok')";
    engine.run(&python(code)).assert_ok();
    let attack = engine.run(&limited(python(code), "file_bytes", 5 << 20));
    assert_eq!(attack.limit(), Some("file_bytes"), "{}", attack.summary());
}

/// Memory of the server, of its helpers and of the test, read and written.
pub fn processes_of_others(engine: &mut Engine) {
    let (own, server) = (std::process::id(), engine.pid());
    let attack = engine.run(&python(&format!(
        "for name, pid in [('own', {own}), ('server', {server}), ('parent', os.getppid())]:\n\
         \x20 attempt(f'read_{{name}}', lambda: open(f'/proc/{{pid}}/mem', 'rb'))\n\
         \x20 attempt(f'write_{{name}}', lambda: open(f'/proc/{{pid}}/mem', 'r+b'))\n\
         \x20 attempt(f'maps_{{name}}', lambda: open(f'/proc/{{pid}}/maps'))\n\
         \x20 attempt(f'vm_{{name}}', lambda: syscall(310, pid, 0, 0, 0, 0, 0))\n\
         \x20 attempt(f'exe_{{name}}', lambda: os.readlink(f'/proc/{{pid}}/exe'))\n\
         \x20 attempt(f'oom_{{name}}', lambda: open(f'/proc/{{pid}}/oom_score_adj', 'w'))"
    )));
    attack.assert_ok();
    for name in ["own", "server", "parent"] {
        let names = ["read", "write", "maps", "vm", "exe", "oom"].map(|what| format!("{what}_{name}"));
        attack.assert_denied(&names.each_ref().map(String::as_str), &["EACCES", "EPERM"]);
    }
}

/// Modes and times of files, which an ordinary server's user could change.
pub fn settings_that_landlock_does_not_hold(engine: &mut Engine) {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "x").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::chown(&file, Some(65534), Some(65534)).unwrap();
    let attack = engine.run(&python(&format!(
        "attempt('twin', lambda: os.fchmod(os.open('main.py', os.O_RDONLY), 0o600))\n\
         attempt('mode', lambda: os.chmod({file:?}, 0o777))\n\
         attempt('at', lambda: syscall(268, -100, {file:?}.encode(), 0o777))\n\
         attempt('at2', lambda: syscall(452, -100, {file:?}.encode(), 0o777, 0))\n\
         attempt('owner', lambda: os.chown({file:?}, 65534, 65534))\n\
         attempt('times', lambda: os.utime({file:?}, (0, 0)))\n\
         attempt('attribute', lambda: os.setxattr({file:?}, 'user.x', b'x'))\n\
         attempt('cut', lambda: os.truncate({file:?}, 0))"
    )));
    attack.assert_ok().assert_done("twin");
    attack.assert_denied(&["mode", "at", "at2", "owner", "times", "cut"], &["EPERM", "EACCES"]);
    attack.assert_denied(&["attribute"], &["ENOSYS"]);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

pub fn signals_to_others(engine: &mut Engine) {
    let (own, server) = (std::process::id(), engine.pid());
    let attack = engine.run(&python(&format!(
        r#"
import fcntl
attempt('twin', lambda: os.kill(os.getpid(), 0))
for name, pid in [('own', {own}), ('server', {server}), ('parent', os.getppid()), ('first', 1), ('all', -1)]:
    attempt(f'kill_{{name}}', lambda: os.kill(pid, signal.SIGKILL))
    attempt(f'group_{{name}}', lambda: os.kill(-abs(pid), signal.SIGKILL))
    attempt(f'thread_{{name}}', lambda: syscall(200, pid, 9))
    attempt(f'queue_{{name}}', lambda: syscall(129, pid, 9, ctypes.create_string_buffer(128)))
    attempt(f'descriptor_{{name}}', lambda: signal.pidfd_send_signal(os.pidfd_open(abs(pid)), 9))
    reader, writer = os.pipe()
    attempt(f'owner_{{name}}', lambda: fcntl.fcntl(reader, fcntl.F_SETOWN, pid))
print('alive')
"#
    )));
    attack.assert_ok().assert_done("twin");
    for name in ["own", "server", "parent", "first", "all"] {
        let ways = ["kill", "group", "thread", "queue", "descriptor", "owner"];
        let names = ways.map(|way| format!("{way}_{name}"));
        attack.assert_denied(&names.each_ref().map(String::as_str), &["EPERM", "EINVAL"]);
    }
    assert!(attack.stdout().ends_with("alive\n"), "{}", attack.summary());
    engine.run(&bash("echo next", "next")).assert_ok();
}

/// Over its sockets a host gives what files do not: the server's own admin
/// socket believes the user of its peer.
pub fn sockets_of_the_host(engine: &mut Engine) {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o777)).unwrap();
    let path = directory.path().join("admin.sock");
    let listener = UnixListener::bind(&path).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
    let datagrams = UnixDatagram::bind(directory.path().join("log.sock")).unwrap();
    listener.set_nonblocking(true).unwrap();
    datagrams.set_nonblocking(true).unwrap();
    let attack = engine.run(&python(&format!(
        "a, b = socket.socketpair()\n\
         attempt('twin', lambda: a.send(b'x') and b.recv(1))\n\
         attempt('connect', lambda: socket.socket(socket.AF_UNIX).connect({path:?}))\n\
         attempt('pair', lambda: a.connect({path:?}))\n\
         attempt('datagram', lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))\n\
         attempt('sequence', lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET))\n\
         attempt('raw', lambda: syscall(53, 1, 2 | 0x80000, 0, ctypes.create_string_buffer(8)))"
    )));
    attack.assert_ok().assert_done("twin");
    attack.assert_denied(&["connect", "pair", "datagram", "sequence", "raw"], &["EPERM"]);
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(datagrams.recv(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
}

/// The launcher ends the tree, a daemon in it as well, if its helper is killed.
pub fn supervisor_is_killed(engine: &mut Engine) {
    let token = unique_token("helper");
    let code =
        "(setsid bash -c 'trap \"\" TERM; while :; do sleep 1; done' \"$0\" &); while :; do sleep 1; done";
    engine.send(&json!({ "run": bash(code, &token) }));
    wait_for_process(&token);
    let launchers = engine.children();
    for helper in launchers.iter().flat_map(|launcher| children(*launcher)) {
        let pid = rustix::process::Pid::from_raw(helper).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }
    let result = Outcome::new(engine.answer());
    assert_eq!(result.value["exit"]["signal"], json!(9), "{}", result.summary());
    wait_until_gone(&token);
}

fn children(parent: u32) -> Vec<i32> {
    let list = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
    list.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

#[test]
fn without_the_operators_leave_nothing_runs() {
    let mut engine = Engine::start(Caller::Confined);
    assert_eq!(engine.ask(&json!("capabilities"))["unisolated"], json!("not_allowed"));
    let refusal = engine.run(&bash("echo ran", "refused"));
    assert_eq!(refusal.value["kind"], json!("IsolationUnavailable"), "{}", refusal.summary());
}

/// Root whose user cannot be given up: uid 0 runs nothing.
#[test]
fn root_that_cannot_become_somebody_else_runs_nothing() {
    let mut engine = Engine::start(Caller::UnisolatedRootAlone);
    let why = engine.ask(&json!("capabilities"))["unisolated"]["unavailable"]["why"].to_string();
    assert!(why.contains("drop groups"), "{why}");
    let refusal = engine.run(&bash("echo ran", "refused"));
    assert_eq!(refusal.value["kind"], json!("IsolationUnavailable"), "{}", refusal.summary());
}

#[test]
fn an_order_that_needs_mounts_is_refused() {
    let mut engine = Engine::start(Caller::UnisolatedRoot);
    let mut spec = bash("true", "mounts");
    spec["directories"] = json!([{ "host": "/srv", "inside": "/data", "access": "read_only" }]);
    assert_eq!(engine.run(&spec).value["kind"], json!("InvalidSpec"));
}

#[test]
fn nothing_runs_unisolated_where_isolation_is_there() {
    let mut engine = Engine::start(Caller::Root);
    assert_eq!(engine.ask(&json!("capabilities"))["unisolated"], json!("not_allowed"));
    assert_eq!(engine.run(&bash("echo ok", "isolated")).assert_ok().value["confinement"], json!("isolated"));
}
