//! What a sandbox is for: programs that do no harm run to their end.

use serde_json::{Value, json};

use crate::engine::{Caller, Engine};
use crate::program::{bash, limited, python};

pub fn input_output_and_code(engine: &mut Engine) {
    let mut spec = bash("cat; echo problem >&2; exit 3", "echo");
    spec["stdin"] = json!([104, 105, 0, 255]);
    let result = engine.run(&spec);
    assert_eq!(result.code(), Some(3), "{}", result.summary());
    assert_eq!(result.value["stdout"], json!([104, 105, 0, 255]), "bytes, not text");
    assert_eq!(result.stderr(), "problem\n");
    assert_eq!(result.value["backend"], json!("native"));
    assert_eq!(result.value["stdout_truncated"], json!(false));
}

pub fn input_that_nobody_reads(engine: &mut Engine) {
    let mut spec = bash("exit 0", "deaf");
    spec["stdin"] = json!(vec![120; 300_000]);
    engine.run(&spec).assert_ok();
    let mut spec = bash("exec <&-; sleep 0.1; echo ok", "closed");
    spec["stdin"] = json!(vec![120; 300_000]);
    assert_eq!(engine.run(&spec).assert_ok().stdout(), "ok\n");
}

pub fn closed_output_ends_nothing(engine: &mut Engine) {
    let result = engine.run(&bash("exec >&- 2>&-; sleep 0.3; exit 5", "closed"));
    assert_eq!(result.code(), Some(5), "{}", result.summary());
}

pub fn output_up_to_the_limit(engine: &mut Engine) {
    let exact = limited(python("os.write(1, b'x' * 5000)"), "output_bytes", 5000);
    let result = engine.run(&exact);
    assert_eq!(result.assert_ok().stdout().len(), 5000);
    let over = limited(python("os.write(1, b'x' * 5001)"), "output_bytes", 5000);
    let result = engine.run(&over);
    assert_eq!(result.limit(), Some("output_bytes"), "{}", result.summary());
    assert_eq!(result.stdout().len(), 5000);
}

pub fn interpreters(engine: &mut Engine) {
    let runtimes = engine.ask(&json!("runtimes"));
    let found: Vec<&Value> = runtimes["found"].as_array().unwrap().iter().collect();
    for (language, code, install) in [
        (
            "python",
            "import json, asyncio, ssl, sqlite3, threading, multiprocessing, ctypes, decimal\nasync def f(): return 42\nprint(asyncio.run(f()))",
            "python3",
        ),
        (
            "javascript",
            "const { Worker } = require('worker_threads'); new Worker('require(\"worker_threads\").parentPort.postMessage(42)', { eval: true }).on('message', n => console.log(n));",
            "nodejs",
        ),
        ("bash", "cat <(echo $((6 * 7)))", "bash"),
    ] {
        let interpreter = found
            .iter()
            .find(|interpreter| interpreter["language"] == json!(language))
            .unwrap_or_else(|| panic!("no {language} here: apt-get install {install}"));
        let program = interpreter["program"].as_str().unwrap();
        assert!(program.starts_with("/usr/") || program.starts_with("/bin/"), "{program}");
        let name = "main";
        let spec = json!({
            "program": program,
            "arguments": [format!("/work/{name}")],
            "files": { name: code.as_bytes() },
        });
        let result = engine.run(&spec);
        assert_eq!(result.assert_ok().stdout(), "42\n", "{language}: {}", result.summary());
    }
}

pub fn tools_of_a_shell_script(engine: &mut Engine) {
    let code = "set -e; mkdir d; echo b > d/x; echo a >> d/x; sort d/x | tr -d '\\n'; cp -a d e; mv e f; tar cf t.tar f; grep -rl a f; sed -i s/a/c/ f/x; awk 'END { print NR }' f/x; find . -name x | wc -l; mktemp > /dev/null; printf ok | gzip | gunzip; head -c 4 /dev/urandom | wc -c; date > /dev/null; ln -s x l; readlink l; mkfifo p; rm -r d";
    let result = engine.run(&bash(code, "tools"));
    assert_eq!(result.assert_ok().stdout(), "abf/x\n2\n2\nok4\nx\n", "{}", result.summary());
}

pub fn program_that_is_not_there(engine: &mut Engine) {
    let missing = engine.run(&json!({ "program": "/usr/bin/no-such-program" }));
    assert_eq!(missing.value["kind"], json!("Program"), "{}", missing.summary());
    let directory = engine.run(&json!({ "program": "/usr/bin" }));
    assert_eq!(directory.value["kind"], json!("Program"), "{}", directory.summary());
    let relative = engine.run(&json!({ "program": "true" }));
    assert_eq!(relative.value["kind"], json!("InvalidSpec"));
    let mut spec = json!({ "program": "/usr/bin/no-such-program", "lifetime": "long_lived" });
    let talk = engine.ask(&json!({ "talk": { "spec": spec, "text": "" } }));
    assert_eq!(talk["kind"], json!("Program"), "{talk}");
    spec["lifetime"] = json!("one_shot");
    let talk = engine.ask(&json!({ "talk": { "spec": spec, "text": "" } }));
    assert_eq!(talk["kind"], json!("InvalidSpec"), "{talk}");
}

pub fn long_lived_conversation(engine: &mut Engine) {
    let mut spec = bash("while read -r line; do echo \"heard $line\"; done; echo bye >&2; exit 4", "talk");
    spec["lifetime"] = json!("long_lived");
    let talk = engine.ask(&json!({ "talk": { "spec": spec, "text": "one\ntwo\n" } }));
    assert_eq!(talk["said"], json!("heard one\nheard two\n"), "{talk}");
    assert_eq!(talk["exit"], json!({ "code": 4 }));
    assert_eq!(talk["stderr"], json!("bye\n"));
}

pub fn long_lived_sandbox_has_a_memory_limit(engine: &mut Engine) {
    let mut spec = python("x = []\nwhile True: x.append(bytearray(b'x') * 1_000_000)");
    spec["lifetime"] = json!("long_lived");
    let talk = engine.ask(&json!({ "talk": { "spec": spec, "text": "" } }));
    let limit = &talk["exit"]["limit_exceeded"]["limit"];
    // Without a cgroup the process's own limit may come first: MemoryError.
    assert!(limit == "memory_bytes" || (!engine.is_root() && talk["exit"]["code"] == 1), "{talk}");
}

pub fn usage_is_measured(engine: &mut Engine) {
    let result = engine.run(&python("x = bytearray(b'x') * 60_000_000\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"));
    result.assert_ok();
    assert!((250..2_000).contains(&result.usage("cpu_ms")), "{}", result.summary());
    assert!(result.usage("peak_memory_bytes") > 50_000_000, "{}", result.summary());
    assert!(result.usage("wall_ms") >= 300);
}

/// No isolation is a refusal that says why, never a weaker run.
#[test]
fn without_isolation_nothing_runs() {
    let mut engine = Engine::start(Caller::Confined);
    let capabilities = engine.ask(&json!("capabilities"));
    let why = capabilities["isolation"]["unavailable"]["why"].as_str().unwrap().to_owned();
    assert!(why.contains("max_user_namespaces is 0"), "{why}");
    let refusal = engine.run(&bash("echo ran", "refused"));
    assert_eq!(refusal.value["kind"], json!("IsolationUnavailable"), "{}", refusal.summary());
    assert_eq!(engine.ask(&json!("runtimes"))["found"], json!([]));
}

crate::as_root_and_as_user!(
    input_output_and_code,
    input_that_nobody_reads,
    closed_output_ends_nothing,
    output_up_to_the_limit,
    interpreters,
    tools_of_a_shell_script,
    program_that_is_not_there,
    long_lived_conversation,
    long_lived_sandbox_has_a_memory_limit,
    usage_is_measured,
);
