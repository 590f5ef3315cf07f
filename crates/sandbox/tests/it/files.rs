//! Attacks on the host's files, environment and descriptors.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;
use tempfile::TempDir;

use crate::engine::{ENVIRONMENT_SECRET, Engine};
use crate::program::{bash, python};

const FILE_SECRET: &str = "file-secret-91ab";

/// A directory that every user of the host may enter.
fn open_directory(mode: u32) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(mode)).unwrap();
    directory
}

pub fn hosts_shadow(engine: &mut Engine) {
    let attack = engine.run(&python(
        "attempt('twin', lambda: open('/etc/passwd').read().count('sandbox'))\n\
         attempt('shadow', lambda: open('/etc/shadow').read())\n\
         attempt('root', lambda: open('/proc/1/root/etc/shadow').read())\n\
         attempt('self', lambda: open('/proc/self/root/../etc/shadow').read())\n\
         attempt('host', lambda: open('/.host/etc/shadow').read())\n\
         attempt('home', lambda: os.listdir('/root'))\n\
         attempt('var', lambda: os.listdir('/var'))\n\
         attempt('sys', lambda: os.listdir('/sys'))",
    ));
    attack.assert_ok().assert_done("twin");
    attack.assert_denied(&["shadow", "root", "self", "host", "home", "var", "sys"], &["ENOENT", "EACCES"]);
}

pub fn callers_files(engine: &mut Engine) {
    let directory = open_directory(0o755);
    let in_temp = directory.path().join("secret.txt");
    fs::write(&in_temp, FILE_SECRET).unwrap();
    let in_repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let code = format!(
        r#"
attempt('twin', lambda: open('/work/given.txt').read())
attempt('temp', lambda: open({in_temp:?}).read())
attempt('repository', lambda: open({in_repository:?}).read())
attempt('launcher', lambda: open('/proc/1/exe', 'rb').read(4))
attempt('walk', lambda: sum('secret.txt' in files for _, _, files in os.walk('/')))
"#
    );
    let mut spec = python(&code);
    spec["files"]["given.txt"] = json!(b"given");
    let attack = engine.run(&spec);
    assert_eq!(attack.assert_ok().attempt("twin"), "done:given");
    attack.assert_denied(&["temp", "repository", "launcher"], &["ENOENT", "EACCES"]);
    assert_eq!(attack.attempt("walk"), "done:0");
}

pub fn environment(engine: &mut Engine) {
    let mut spec = bash(
        "env; tr '\\0' '\\n' < /proc/self/environ; cat /proc/1/environ /proc/*/environ 2>/dev/null; true",
        "environment",
    );
    spec["environment"] = json!({ "GIVEN": "given-value" });
    let attack = engine.run(&spec);
    assert!(attack.assert_ok().stdout().contains("GIVEN=given-value"));
    assert!(!attack.stdout().contains(ENVIRONMENT_SECRET));
    let names = ["PATH", "HOME", "LANG", "TMPDIR", "GIVEN", "PWD", "SHLVL", "_"];
    let stdout = attack.stdout();
    let strange = stdout.lines().find(|line| !names.iter().any(|name| line.starts_with(&format!("{name}="))));
    assert_eq!(strange, None, "{}", attack.summary());
}

pub fn inherited_descriptors(engine: &mut Engine) {
    // A careless library in the server: a descriptor without close-on-exec.
    let directory = open_directory(0o755);
    let path = directory.path().join("leaked.txt");
    File::create(&path).unwrap().write_all(FILE_SECRET.as_bytes()).unwrap();
    let leaked = File::open(&path).unwrap();
    rustix::io::fcntl_setfd(&leaked, rustix::io::FdFlags::empty()).unwrap();
    let mut engine = Engine::start(engine.caller);
    let own = fs::read_link(format!("/proc/{}/fd/{}", engine.pid(), leaked.as_raw_fd())).unwrap();
    assert_eq!(own, path, "the launcher does inherit it");

    let code = r#"
def read_all():
    found = []
    for fd in range(3, 1024):
        try: found.append((fd, os.read(fd, 100)))
        except OSError: pass
    return found
attempt('read', read_all)
listing = os.open('/proc/self/fd', os.O_RDONLY)
attempt('list', lambda: sorted(int(fd) for fd in os.listdir('/proc/self/fd')))
attempt('twin', lambda: os.pipe())
attempt('init', lambda: os.listdir('/proc/1/fd'))
"#;
    let attack = engine.run(&python(code));
    assert_eq!(attack.assert_ok().attempt("read"), "done:[]");
    // The two above are the listing's own.
    assert_eq!(attack.attempt("list"), "done:[0, 1, 2, 3, 4]");
    attack.assert_done("twin").assert_denied(&["init"], &["ENOENT", "EACCES"]);
    drop(leaked);
}

pub fn kernel_settings(engine: &mut Engine) {
    let settings = ["kernel/core_pattern", "kernel/hostname", "vm/overcommit_memory"];
    let before = settings.map(|name| fs::read_to_string(format!("/proc/sys/{name}")).unwrap());
    let attack = engine.run(&python(
        "attempt('twin', lambda: open('/tmp/core_pattern', 'w').write('x'))\n\
         attempt('core', lambda: open('/proc/sys/kernel/core_pattern', 'w').write('|/tmp/x'))\n\
         attempt('hostname', lambda: open('/proc/sys/kernel/hostname', 'w').write('x'))\n\
         attempt('memory', lambda: open('/proc/sys/vm/overcommit_memory', 'w').write('1'))\n\
         attempt('sysrq', lambda: open('/proc/sysrq-trigger', 'w').write('b'))\n\
         attempt('oom', lambda: open('/proc/self/oom_score_adj', 'w').write('-1000'))\n\
         attempt('cgroup', lambda: open('/sys/fs/cgroup/memory/release_agent', 'w').write('/tmp/x'))\n\
         attempt('kcore', lambda: open('/proc/kcore', 'rb').read(1))\n\
         attempt('keys', lambda: open('/proc/keys').read())",
    ));
    attack.assert_ok().assert_done("twin");
    let names = ["core", "hostname", "memory", "sysrq", "oom", "cgroup", "kcore", "keys"];
    attack.assert_denied(&names, &["ENOENT", "EACCES", "EROFS"]);
    let after = settings.map(|name| fs::read_to_string(format!("/proc/sys/{name}")).unwrap());
    assert_eq!(before, after);
}

pub fn read_only_system(engine: &mut Engine) {
    let marker = "secure-mcp-sandbox-test-marker";
    let attack = engine.run(&python(&format!(
        "attempt('twin', lambda: open('/work/{marker}', 'w').write('x'))\n\
         attempt('root', lambda: open('/{marker}', 'w').write('x'))\n\
         attempt('usr', lambda: open('/usr/{marker}', 'w').write('x'))\n\
         attempt('bin', lambda: open('/bin/bash', 'r+b').write(b'x'))\n\
         attempt('etc', lambda: open('/etc/passwd', 'a').write('x'))\n\
         attempt('dev', lambda: open('/dev/{marker}', 'w').write('x'))\n\
         attempt('mode', lambda: os.chmod('/usr/bin/env', 0o777))\n\
         attempt('null', lambda: os.chmod('/dev/null', 0o000))\n\
         attempt('remove', lambda: os.unlink('/etc/passwd'))\n\
         attempt('exe', lambda: open('/proc/1/exe', 'r+b').write(b'x'))"
    )));
    attack.assert_ok().assert_done("twin");
    let names = ["root", "usr", "bin", "etc", "dev", "mode", "null", "remove", "exe"];
    attack.assert_denied(&names, &["EROFS", "EACCES", "EPERM", "ENOENT"]);
    assert!(!Path::new("/usr").join(marker).exists());
}

pub fn names_that_lead_elsewhere(engine: &mut Engine) {
    let mut twin = bash("cat /work/plain.txt", "twin");
    twin["files"] = json!({ "plain.txt": b"plain" });
    assert_eq!(engine.run(&twin).assert_ok().stdout(), "plain");
    for name in ["../escape", "..", ".", "", "a/b", "/etc/passwd", "nul\0byte", &"x".repeat(256)] {
        let mut attack = bash("true", "names");
        attack["files"] = json!({ name: b"x" });
        let refusal = engine.run(&attack);
        assert_eq!(refusal.value["kind"], json!("InvalidSpec"), "{name:?}: {}", refusal.summary());
    }
}

pub fn symbolic_links(engine: &mut Engine) {
    let attack = engine.run(&python(
        "os.symlink('/etc/shadow', '/work/link')\nos.symlink('/work/main.py', '/work/twin')\n\
         attempt('twin', lambda: len(open('/work/twin').read()))\n\
         attempt('link', lambda: open('/work/link').read())\n\
         attempt('up', lambda: open('/work/../../../../../etc/shadow').read())\n\
         attempt('hard', lambda: os.link('/usr/bin/env', '/work/env'))",
    ));
    attack.assert_ok().assert_done("twin").assert_denied(&["link", "up"], &["ENOENT"]);
    attack.assert_denied(&["hard"], &["EXDEV", "EPERM", "EACCES"]);
}

pub fn shared_directories(engine: &mut Engine) {
    let (readable, writable) = (open_directory(0o755), open_directory(0o777));
    fs::write(readable.path().join("in.txt"), "shared").unwrap();
    std::os::unix::fs::symlink("/etc/shadow", readable.path().join("link")).unwrap();
    let mut spec = python(
        "attempt('read', lambda: open('/data/in/in.txt').read())\n\
         attempt('write', lambda: open('/data/out/out.txt', 'w').write('result'))\n\
         attempt('change', lambda: open('/data/in/in.txt', 'w').write('x'))\n\
         attempt('add', lambda: open('/data/in/new', 'w').write('x'))\n\
         attempt('link', lambda: open('/data/in/link').read())\n\
         attempt('above', lambda: os.listdir('/data/in/../../tmp'))",
    );
    spec["directories"] = json!([
        { "host": readable.path(), "inside": "/data/in", "access": "read_only" },
        { "host": writable.path(), "inside": "/data/out", "access": "read_write" },
    ]);
    let result = engine.run(&spec);
    assert_eq!(result.assert_ok().attempt("read"), "done:shared");
    result.assert_done("write").assert_denied(&["change", "add"], &["EROFS", "EACCES"]);
    result.assert_denied(&["link"], &["ENOENT"]);
    assert_eq!(result.attempt("above"), "done:[]");
    assert_eq!(fs::read_to_string(writable.path().join("out.txt")).unwrap(), "result");
}

pub fn directories_that_are_never_shared(engine: &mut Engine) {
    let link = open_directory(0o755);
    std::os::unix::fs::symlink("/", link.path().join("root")).unwrap();
    let cases = [
        (Path::new("/").to_owned(), "/data", "InvalidSpec"),
        ("/proc".into(), "/data", "InvalidSpec"),
        ("/sys/fs/cgroup".into(), "/data", "InvalidSpec"),
        (link.path().to_owned(), "/etc", "InvalidSpec"),
        (link.path().to_owned(), "/work/../x", "InvalidSpec"),
        (link.path().join("root"), "/data", "Prepare"),
        (link.path().join("missing"), "/data", "Prepare"),
    ];
    for (host, inside, kind) in cases {
        let mut spec = bash("ls /data", "never");
        spec["directories"] = json!([{ "host": host, "inside": inside, "access": "read_only" }]);
        let refusal = engine.run(&spec);
        assert_eq!(refusal.value["kind"], json!(kind), "{host:?}: {}", refusal.summary());
    }
}

crate::as_root_and_as_user!(
    hosts_shadow,
    callers_files,
    environment,
    inherited_descriptors,
    kernel_settings,
    read_only_system,
    names_that_lead_elsewhere,
    symbolic_links,
    shared_directories,
    directories_that_are_never_shared,
);
