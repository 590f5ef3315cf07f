//! Which orders are refused, and with which sentence.

use super::*;

fn refusal(change: impl FnOnce(&mut SandboxSpec)) -> Option<String> {
    let mut spec = SandboxSpec::new("/bin/true");
    change(&mut spec);
    match spec.check() {
        Ok(()) => None,
        Err(SandboxError::InvalidSpec { why }) => Some(why),
        Err(other) => panic!("{other}"),
    }
}

#[track_caller]
fn check(change: impl FnOnce(&mut SandboxSpec), sentence: &str) {
    let why = refusal(change).unwrap_or_else(|| panic!("accepted; expected: {sentence}"));
    assert!(why.contains(sentence), "`{why}` lacks `{sentence}`");
}

fn file(name: &str) -> impl FnOnce(&mut SandboxSpec) {
    let name = name.to_owned();
    move |spec| drop(spec.files.insert(name, b"x".to_vec()))
}

fn shared(host: &str, inside: &str) -> impl FnOnce(&mut SandboxSpec) {
    let directory = SharedDirectory { host: host.into(), inside: inside.into(), access: Access::ReadOnly };
    move |spec| spec.directories.push(directory)
}

#[test]
fn plain_order_is_accepted() {
    assert_eq!(refusal(|_| ()), None);
    assert_eq!(refusal(file("main.py")), None);
    assert_eq!(refusal(file("...dots and spaces ü")), None);
    assert_eq!(refusal(shared("/srv/data", "/data")), None);
}

#[test]
fn file_name_that_is_a_path_is_refused() {
    for name in ["", ".", "..", "a/b", "/a", "../a", "a\0b"] {
        check(file(name), "is not a plain file name");
    }
    check(file(&"x".repeat(256)), "longer than 255 bytes");
}

#[test]
fn files_that_do_not_fit_are_refused() {
    check(|spec| drop(spec.files.insert("a".into(), vec![0; (64 << 20) + 1])), "tmp_bytes is");
    check(|spec| spec.files.extend((0..2049).map(|n| (n.to_string(), Vec::new()))), "tmp_inodes is");
}

#[test]
fn program_must_be_an_absolute_normal_path() {
    for program in ["", "true", "./true", "/", "/bin/../bin/true", "/bin//true", "/bin/./true"] {
        check(|spec| spec.program = program.into(), "is not an absolute, normal path");
    }
    check(|spec| spec.program = "/bin/tr\0ue".into(), "holds a NUL");
}

#[test]
fn strings_that_the_kernel_would_cut_are_refused() {
    check(|spec| spec.arguments.push("a\0b".into()), "argument holds a NUL");
    check(|spec| drop(spec.environment.insert("A".into(), "\0".into())), "value holds a NUL");
    check(|spec| drop(spec.environment.insert("A=B".into(), "c".into())), "holds `=`");
    check(|spec| drop(spec.environment.insert(String::new(), "c".into())), "is empty");
    check(|spec| spec.arguments.push("x".repeat(1 << 20)), "larger than 1048576 bytes");
}

#[test]
fn host_directory_that_shows_the_host_is_refused() {
    for host in ["/proc", "/proc/1", "/sys/fs/cgroup", "/dev", "/boot/efi"] {
        check(shared(host, "/data"), "never enters a sandbox");
    }
    check(shared("/", "/data"), "is not an absolute, normal path");
    check(shared("/srv/../proc", "/data"), "is not an absolute, normal path");
    check(|spec| spec.runtime_directories.push("/proc".into()), "never enters a sandbox");
}

#[test]
fn place_that_every_sandbox_has_is_refused() {
    for inside in ["/etc", "/etc/ssl", "/proc/x", "/work", "/work/in", "/tmp/x", "/usr/local/x"] {
        check(shared("/srv/data", inside), "belongs to every sandbox");
    }
}

#[test]
fn limit_that_means_none_is_refused() {
    check(|spec| spec.limits.memory_bytes = 0, "memory_bytes must be");
    check(|spec| spec.limits.processes = 0, "processes must be");
    check(|spec| spec.limits.cpu_percent = 0, "cpu_percent must be");
    check(|spec| spec.limits.wall_time = std::time::Duration::ZERO, "wall_time must be");
    check(|spec| spec.limits.cpu_time = std::time::Duration::MAX, "cpu_time must be");
    check(|spec| spec.limits.tmp_bytes = 0, "tmp_bytes must be");
    check(|spec| spec.limits.tmp_inodes = 0, "tmp_inodes must be");
    check(|spec| spec.limits.output_bytes = 0, "output_bytes must be");
    check(|spec| spec.limits.file_bytes = 0, "file_bytes must be");
    check(|spec| spec.limits.open_files = 0, "open_files must be");
}

#[test]
fn long_lived_order_has_no_input_bytes() {
    check(
        |spec| {
            spec.lifetime = Lifetime::LongLived;
            spec.stdin = b"x".to_vec();
        },
        "has no stdin bytes",
    );
}

#[test]
fn unknown_field_is_refused() {
    let unknown = serde_json::from_str::<SandboxSpec>(r#"{"program": "/bin/true", "network": true}"#);
    assert!(unknown.is_err());
    let unknown = serde_json::from_str::<Limits>(r#"{"memory": 1}"#);
    assert!(unknown.is_err());
}

#[test]
fn order_survives_its_wire_form() {
    let mut spec = SandboxSpec::new("/bin/true");
    spec.files.insert("a".into(), vec![0, 255]);
    spec.limits.wall_time = std::time::Duration::from_millis(1234);
    let json = serde_json::to_string(&spec).unwrap();
    assert!(json.contains(r#""wall_time_ms":1234"#), "{json}");
    assert_eq!(serde_json::from_str::<SandboxSpec>(&json).unwrap(), spec);
}
