//! System calls that reach past the sandbox, made directly.
//!
//! Numbers are those of x86-64; the filter itself is built from names.

use crate::engine::Engine;
use crate::program::python;

/// Name and number; arguments that would do harm if the call went through are
/// all zero, so the kernel could refuse them too: EPERM proves the filter.
#[rustfmt::skip]
const DENIED: [(&str, u32); 46] = [
    ("ptrace", 101), ("mount", 165), ("umount2", 166), ("pivot_root", 155), ("chroot", 161),
    ("fsopen", 430), ("fsconfig", 431), ("fsmount", 432), ("fspick", 433), ("open_tree", 428),
    ("move_mount", 429), ("mount_setattr", 442), ("setns", 308), ("keyctl", 250),
    ("add_key", 248), ("request_key", 249), ("bpf", 321), ("perf_event_open", 298),
    ("userfaultfd", 323), ("io_uring_setup", 425), ("io_uring_enter", 426),
    ("io_uring_register", 427), ("process_vm_readv", 310), ("process_vm_writev", 311),
    ("pidfd_getfd", 438), ("kcmp", 312), ("init_module", 175), ("finit_module", 313),
    ("delete_module", 176), ("kexec_load", 246), ("reboot", 169), ("swapon", 167),
    ("swapoff", 168), ("acct", 163), ("settimeofday", 164), ("clock_settime", 227),
    ("adjtimex", 159), ("sethostname", 170), ("syslog", 103), ("open_by_handle_at", 304),
    ("fanotify_init", 300), ("quotactl", 179), ("iopl", 172), ("vmsplice", 278), ("mq_open", 240),
    ("memfd_secret", 447),
];

fn dangerous_calls(engine: &mut Engine) {
    let lines: Vec<String> = DENIED
        .iter()
        .map(|(name, number)| format!("attempt('{name}', lambda: syscall({number}, 0, 0, 0, 0, 0, 0))"))
        .collect();
    let twin = "attempt('twin', lambda: syscall(39))\n";
    let attack = engine.run(&python(&format!("{twin}{}", lines.join("\n"))));
    attack.assert_ok().assert_done("twin");
    attack.assert_denied(&DENIED.map(|(name, _)| name), &["EPERM"]);
}

fn nested_namespaces(engine: &mut Engine) {
    let kinds = [
        ("user", 0x1000_0000u64),
        ("mount", 0x0002_0000),
        ("pid", 0x2000_0000),
        ("net", 0x4000_0000),
        ("ipc", 0x0800_0000),
        ("uts", 0x0400_0000),
        ("cgroup", 0x0200_0000),
    ];
    let mut lines = Vec::new();
    let mut names = Vec::new();
    for (name, flag) in kinds {
        lines.push(format!("attempt('unshare_{name}', lambda: syscall(272, {flag}))"));
        lines.push(format!("attempt('clone_{name}', lambda: syscall(56, {flag} | 17, 0, 0, 0, 0))"));
        names.extend([format!("unshare_{name}"), format!("clone_{name}")]);
    }
    let twin = "import threading\n\
        def thread():\n t = threading.Thread(target=lambda: None); t.start(); t.join()\n\
        attempt('thread', thread)\n\
        attempt('clone3', lambda: syscall(435, ctypes.create_string_buffer(64), 64))\n";
    let attack = engine.run(&python(&format!("{twin}{}", lines.join("\n"))));
    attack.assert_ok().assert_done("thread").assert_denied(&["clone3"], &["ENOSYS"]);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    attack.assert_denied(&names, &["EPERM"]);
}

fn device_nodes(engine: &mut Engine) {
    let attack = engine.run(&python(
        "import stat\n\
         attempt('twin', lambda: os.mkfifo('/tmp/fifo'))\n\
         attempt('memory', lambda: os.mknod('/tmp/mem', stat.S_IFCHR | 0o666, os.makedev(1, 1)))\n\
         attempt('null', lambda: os.mknod('/tmp/null', stat.S_IFCHR | 0o666, os.makedev(1, 3)))\n\
         attempt('disk', lambda: os.mknod('/tmp/disk', stat.S_IFBLK | 0o666, os.makedev(254, 0)))\n\
         attempt('kvm', lambda: open('/dev/kvm'))\n\
         attempt('fuse', lambda: open('/dev/fuse'))\n\
         attempt('tty', lambda: open('/dev/tty'))\n\
         attempt('vda', lambda: open('/dev/vda', 'rb'))",
    ));
    attack.assert_ok().assert_done("twin").assert_denied(&["memory", "null", "disk"], &["EPERM"]);
    attack.assert_denied(&["kvm", "fuse", "tty", "vda"], &["ENOENT"]);
}

fn terminal_input(engine: &mut Engine) {
    let attack = engine.run(&python(
        "import fcntl\n\
         attempt('twin', lambda: fcntl.ioctl(0, 0x541B, bytes(4)))\n\
         attempt('type', lambda: fcntl.ioctl(0, 0x5412, b'x'))\n\
         attempt('console', lambda: fcntl.ioctl(0, 0x541C, b'x'))\n\
         attempt('truncated', lambda: syscall(16, 0, 0x1_0000_5412, 0))",
    ));
    attack.assert_ok().assert_done("twin");
    attack.assert_denied(&["type", "console", "truncated"], &["EPERM"]);
}

/// The 32-bit way into a 64-bit kernel has numbers of its own.
fn foreign_call_tables(engine: &mut Engine) {
    let attack = engine.run(&python(
        "attempt('twin', lambda: syscall(39))\n\
         attempt('x32', lambda: syscall(0x40000000 | 101, 0, 0, 0, 0))",
    ));
    attack.assert_ok().assert_done("twin").assert_denied(&["x32"], &["EPERM", "ENOSYS"]);
}

/// A crash starts no handler of the host's and leaves no file.
fn crash(engine: &mut Engine) {
    let attack = engine.run(&python(
        "import resource\n\
         attempt('twin', lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))\n\
         attempt('core', lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))\n\
         attempt('read', lambda: resource.getrlimit(resource.RLIMIT_CORE))\n\
         attempt('raise', lambda: resource.setrlimit(resource.RLIMIT_NPROC, (10000, 10000)))\n\
         os.kill(os.getpid(), signal.SIGSEGV)",
    ));
    assert_eq!(attack.value["exit"]["signal"], serde_json::json!(11), "{}", attack.summary());
    attack.assert_done("twin").assert_denied(&["core"], &["EPERM", "ValueError"]);
    assert_eq!(attack.attempt("read"), "done:(1, 1)");
    assert!(!attack.attempt("raise").starts_with("done:"));
}

crate::as_root_and_as_user!(
    dangerous_calls,
    nested_namespaces,
    device_nodes,
    terminal_input,
    foreign_call_tables,
    crash,
);
