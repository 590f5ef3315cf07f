//! Attacks on the host's processor, processes, memory, disk and patience.

use serde_json::json;

use crate::engine::{Engine, processes_with, unique_token};
use crate::program::{bash, limited, python};

const MIB: u64 = 1024 * 1024;
const MEMORY: u64 = 256 * MIB;

pub fn endless_loop(engine: &mut Engine) {
    let twin = engine.run(&python("for n in range(100000): pass\nprint(n)"));
    assert_eq!(twin.assert_ok().stdout(), "99999\n");
    let looping = limited(python("while True: pass"), "cpu_time_ms", 500);
    let attack = engine.run(&looping);
    assert_eq!(attack.limit(), Some("cpu_time"), "{}", attack.summary());
    assert!(attack.usage("wall_ms") < 5_000);
}

pub fn endless_loop_that_ignores_signals(engine: &mut Engine) {
    let deaf =
        "for s in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}: signal.signal(s, signal.SIG_IGN)\n";
    engine.run(&python(&format!("{deaf}print('ok')"))).assert_ok();
    let code = format!("{deaf}while True: time.sleep(1)");
    let attack = engine.run(&limited(python(&code), "wall_time_ms", 700));
    assert_eq!(attack.limit(), Some("wall_time"), "{}", attack.summary());
    assert!(attack.usage("wall_ms") < 2_000, "{}", attack.summary());
}

pub fn processor_time_of_many_processes_is_summed(engine: &mut Engine) {
    let code = "for n in 1 2 3 4; do (while :; do :; done) & done; wait";
    let twin = engine.run(&bash("for n in 1 2 3 4; do (:) & done; wait; echo ok", "twin"));
    twin.assert_ok();
    let attack = engine.run(&limited(bash(code, "spin"), "cpu_time_ms", 400));
    assert_eq!(attack.limit(), Some("cpu_time"), "{}", attack.summary());
}

pub fn fork_bomb(engine: &mut Engine) {
    let twin = engine.run(&bash("for n in 1 2 3 4 5 6 7 8 9 10; do (:) & done; wait; echo ok", "twin"));
    assert_eq!(twin.assert_ok().stdout(), "ok\n");
    let token = unique_token("bomb");
    let bomb = limited(bash("b() { b | b & }; b; sleep 60", &token), "wall_time_ms", 1_000);
    let attack = engine.run(&limited(bomb, "output_bytes", 64 * MIB));
    assert_eq!(attack.limit(), Some("wall_time"), "{}", attack.summary());
    assert_eq!(processes_with(&token), Vec::<u32>::new());
    assert!(engine.children().is_empty());
    engine.run(&bash("echo next", "next")).assert_ok();
}

pub fn processes_are_counted(engine: &mut Engine) {
    let code = r#"
count = 0
try:
    while count < 500:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        count += 1
except BlockingIOError:
    print(count)
"#;
    let attack = engine.run(&python(code));
    let count: u64 = attack.assert_ok().stdout().trim().parse().unwrap();
    assert_eq!(count, 63, "64 with the one that forks");
    let threads = code.replace(
        "if os.fork() == 0:\n            time.sleep(60)\n            os._exit(0)",
        "import threading; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    );
    let threads = threads
        .replace("BlockingIOError", "RuntimeError")
        .replace("print(count)", "print(count, flush=True); os._exit(0)");
    let attack = engine.run(&python(&threads));
    assert_eq!(attack.assert_ok().stdout().trim(), "63");
}

pub fn ten_gigabytes_of_heap(engine: &mut Engine) {
    engine.run(&python("x = bytearray(50_000_000); print(len(x))")).assert_ok();
    let attack = engine.run(&python("x = bytearray(10_000_000_000); print(len(x))"));
    assert_ne!(attack.code(), Some(0), "{}", attack.summary());
    assert_bounded(engine, attack.usage("peak_memory_bytes"));
    let slow = "x = []\nwhile True: x.append(bytearray(1_000_000))";
    let attack = engine.run(&python(slow));
    assert_ne!(attack.code(), Some(0), "{}", attack.summary());
    assert_bounded(engine, attack.usage("peak_memory_bytes"));
}

pub fn heap_of_many_processes_is_summed(engine: &mut Engine) {
    // The twin runs to its end; the attack is ended, on a busy machine some looks later.
    let code = |each: u64, seconds: u64| {
        format!(
            "for n in range(8):\n if os.fork() == 0:\n  x = bytearray(b'x') * {each}\n  time.sleep({seconds})\n  os._exit(0)\nfor n in range(8): os.wait()\nprint('ok')"
        )
    };
    engine.run(&python(&code(4_000_000, 1))).assert_ok();
    let attack = engine.run(&python(&code(60_000_000, 15)));
    assert_eq!(attack.limit(), Some("memory_bytes"), "{}", attack.summary());
}

pub fn memory_file(engine: &mut Engine) {
    let code = |bytes: u64| {
        format!(
            "fd = os.memfd_create('x')\nfor n in range(0, {bytes}, 1 << 20): os.write(fd, bytes(1 << 20))\nprint('written')"
        )
    };
    if engine.is_root() {
        engine.run(&limited(python(&code(MIB)), "file_bytes", 1 << 40)).assert_ok();
        let attack = engine.run(&limited(python(&code(10_000 * MIB)), "file_bytes", 1 << 40));
        assert_eq!(attack.limit(), Some("memory_bytes"), "{}", attack.summary());
    } else {
        // Without a cgroup no limit would count it, so there is none to be had.
        let attempts = "attempt('memfd', lambda: os.memfd_create('x'))\nattempt('file', lambda: open('/tmp/x', 'w').write('x'))";
        let attack = engine.run(&python(attempts));
        attack.assert_ok().assert_denied(&["memfd"], &["EPERM"]).assert_done("file");
    }
}

pub fn shared_anonymous_memory(engine: &mut Engine) {
    let code = |bytes: u64| {
        format!(
            "import mmap\nx = mmap.mmap(-1, {bytes})\nfor n in range(0, {bytes}, 4096): x[n] = 1\nprint('ok')"
        )
    };
    engine.run(&python(&code(8 * MIB))).assert_ok();
    let attack = engine.run(&python(&code(4096 * MIB)));
    assert_eq!(attack.limit(), Some("memory_bytes"), "{}", attack.summary());
    assert_bounded(engine, attack.usage("peak_memory_bytes"));
}

pub fn disk_in_memory(engine: &mut Engine) {
    let code = |chunks: u64| {
        format!(
            r#"
written = 0
def fill(directory):
    global written
    try:
        for n in range({chunks}):
            with open(f"{{directory}}/{{n}}", "wb") as file:
                file.write(bytes(1 << 20))
            written += 1
    except OSError as error:
        return errno.errorcode[error.errno]
    return "all"
print(fill("/tmp"), fill("/work"), fill("/dev/shm"), written)
"#
        )
    };
    let twin = engine.run(&python(&code(3)));
    assert_eq!(twin.assert_ok().stdout(), "all all all 9\n");
    let attack = engine.run(&python(&code(1000)));
    let stdout = attack.assert_ok().stdout();
    let written: u64 = stdout.trim().rsplit(' ').next().unwrap().parse().unwrap();
    assert!(stdout.starts_with("ENOSPC ENOSPC ENOSPC"), "{stdout}");
    assert!((60..=64).contains(&written), "{written} MiB in all three together");
}

pub fn inodes(engine: &mut Engine) {
    let code = |count: u64| {
        format!(
            "n = 0\ntry:\n for n in range({count}): open(f'/tmp/{{n}}', 'w').close()\n print('all')\nexcept OSError as error: print(errno.errorcode[error.errno], n)"
        )
    };
    assert_eq!(engine.run(&python(&code(100))).assert_ok().stdout(), "all\n");
    let stdout = engine.run(&python(&code(1_000_000))).assert_ok().stdout();
    let (error, count) = stdout.trim().split_once(' ').unwrap();
    assert_eq!(error, "ENOSPC");
    assert!((4000..=4096).contains(&count.parse::<u64>().unwrap()), "{count}");
}

pub fn shared_memory(engine: &mut Engine) {
    let attack = engine.run(&python(
        "from multiprocessing import shared_memory\n\
         attempt('small', lambda: shared_memory.SharedMemory(create=True, size=1 << 20).name)\n\
         attempt('sysv', lambda: syscall(29, 0, 1 << 30, 0o1600))\n\
         attempt('queue', lambda: syscall(68, 0, 0o1600))\n\
         def big():\n\
         \x20 fd = os.open('/dev/shm/big', os.O_CREAT | os.O_RDWR)\n\
         \x20 for n in range(1000): os.write(fd, bytes(1 << 20))\n\
         attempt('big', big)\n\
         os._exit(0)",
    ));
    attack.assert_ok().assert_done("small").assert_denied(&["sysv", "queue"], &["EPERM"]);
    attack.assert_denied(&["big"], &["ENOSPC", "EFBIG"]);
}

pub fn one_large_file(engine: &mut Engine) {
    let code = "signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\nwith open('/tmp/x', 'wb') as f:\n for n in range(10): f.write(bytes(1 << 20))\nprint('ok')";
    engine.run(&python(code)).assert_ok();
    let attack = engine.run(&limited(python(code), "file_bytes", 5 * MIB));
    assert_eq!(attack.limit(), Some("file_bytes"), "{}", attack.summary());
}

pub fn one_gigabyte_of_output(engine: &mut Engine) {
    let twin = engine.run(&python("print('x' * 1000)"));
    assert_eq!(twin.assert_ok().stdout().len(), 1001);
    for (stream, descriptor) in [("stdout", 1), ("stderr", 2)] {
        let before = engine.ask(&json!("peak_memory")).as_u64().unwrap();
        let block = "block = b'x' * (1 << 20)\n";
        let code = format!("{block}for n in range(1024): os.write({descriptor}, block)");
        let attack = engine.ask(&json!({ "run_for_sizes": python(&code) }));
        let after = engine.ask(&json!("peak_memory")).as_u64().unwrap();
        assert_eq!(attack["exit"]["limit_exceeded"]["limit"], json!("output_bytes"), "{attack}");
        assert_eq!(attack[format!("{stream}_bytes")], json!(MIB), "{attack}");
        assert_eq!(attack[format!("{stream}_truncated")], json!(true), "{attack}");
        // A buffer that doubles holds at most four times what is kept.
        assert!(after - before <= 4 * 1024, "grew by {} KiB", after - before);
    }
}

pub fn open_files(engine: &mut Engine) {
    let code = "files = []\ntry:\n while True: files.append(os.open('/dev/null', os.O_RDONLY))\nexcept OSError as error: print(errno.errorcode[error.errno], len(files))";
    let stdout = engine.run(&python(code)).assert_ok().stdout();
    let (error, count) = stdout.trim().split_once(' ').unwrap();
    assert_eq!(error, "EMFILE");
    assert!((200..256).contains(&count.parse::<u64>().unwrap()));
}

pub fn limits_say_whether_they_are_enforced(engine: &mut Engine) {
    let result = engine.run(&bash("echo ok", "twin"));
    let capabilities = engine.ask(&json!("capabilities"));
    if engine.is_root() {
        assert_eq!(result.value["limits"], json!("enforced"));
        assert_eq!(capabilities["limits"], json!("enforced"));
        assert_eq!(capabilities["identity"], json!("uid_per_sandbox"));
    } else {
        assert!(result.value["limits"]["degraded"]["why"].is_string());
        assert!(capabilities["limits"]["degraded"]["why"].is_string());
        assert_eq!(capabilities["identity"], json!("servers_own_uid"));
    }
    assert_eq!(capabilities["isolation"], json!("available"));
}

/// A cgroup holds the line to the byte. A watchdog that looks every 50 ms lets
/// pass what can be written in between, and says so.
fn assert_bounded(engine: &Engine, peak_bytes: u64) {
    let most = if engine.is_root() { MEMORY } else { 4 * MEMORY };
    assert!(peak_bytes <= most, "{} MiB", peak_bytes / MIB);
}

/// One core, however many processes ask for more.
#[test]
fn processor_share_is_held_by_the_cgroup() {
    let mut engine = Engine::start(crate::engine::Caller::Root);
    let spin = bash("for n in 1 2 3 4; do (while :; do :; done) & done; wait", "spin");
    let mut spin = limited(spin, "wall_time_ms", 1_500);
    spin["limits"]["cpu_percent"] = json!(20);
    let attack = engine.run(&spin);
    assert_eq!(attack.limit(), Some("wall_time"), "{}", attack.summary());
    assert!(attack.usage("cpu_ms") < 600, "{}", attack.summary());
}

crate::as_root_and_as_user!(
    endless_loop,
    endless_loop_that_ignores_signals,
    processor_time_of_many_processes_is_summed,
    fork_bomb,
    processes_are_counted,
    ten_gigabytes_of_heap,
    heap_of_many_processes_is_summed,
    memory_file,
    shared_anonymous_memory,
    disk_in_memory,
    inodes,
    shared_memory,
    one_large_file,
    one_gigabyte_of_output,
    open_files,
    limits_say_whether_they_are_enforced,
);
