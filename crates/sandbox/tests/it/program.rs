//! Owns the orders that tests write and the results they read.

use serde_json::{Value, json};

/// What every attack in Python may use: `attempt(name, function)` prints how the
/// function ended, `syscall(number, …)` calls the kernel directly.
const PRELUDE: &str = r#"
import ctypes, errno, os, signal, socket, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def attempt(name, function):
    try:
        print(f"{name}=done:{function()}", flush=True)
    except OSError as error:
        print(f"{name}={errno.errorcode.get(error.errno, error.errno)}", flush=True)
    except Exception as error:
        print(f"{name}={type(error).__name__}", flush=True)
def syscall(number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments))
    if result == -1:
        raise OSError(ctypes.get_errno(), "syscall")
    return result
"#;

/// A Python program.
pub fn python(code: &str) -> Value {
    json!({
        "program": "/usr/bin/python3",
        "arguments": ["-B", "/work/main.py"],
        "files": { "main.py": format!("{PRELUDE}\n{code}").as_bytes() },
        "limits": { "wall_time_ms": 20_000 },
    })
}

/// A Bash program; `token` is in its command line.
pub fn bash(code: &str, token: &str) -> Value {
    json!({
        "program": "/bin/bash",
        "arguments": ["--noprofile", "--norc", "-c", code, token],
        "limits": { "wall_time_ms": 20_000 },
    })
}

/// The same order with one limit changed.
pub fn limited(mut spec: Value, limit: &str, value: u64) -> Value {
    spec["limits"][limit] = json!(value);
    spec
}

/// A result, or a refusal, as the launcher printed it.
#[derive(Debug)]
pub struct Outcome {
    pub value: Value,
}

impl Outcome {
    pub fn new(value: Value) -> Outcome {
        Outcome { value }
    }

    pub fn stdout(&self) -> String {
        self.text("stdout")
    }

    pub fn stderr(&self) -> String {
        self.text("stderr")
    }

    fn text(&self, stream: &str) -> String {
        let bytes: Vec<u8> = serde_json::from_value(self.value[stream].clone()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub fn code(&self) -> Option<i64> {
        self.value["exit"]["code"].as_i64()
    }

    /// Name of the limit that ended it.
    pub fn limit(&self) -> Option<&str> {
        self.value["exit"]["limit_exceeded"]["limit"].as_str()
    }

    pub fn usage(&self, field: &str) -> u64 {
        self.value["usage"][field].as_u64().unwrap_or_else(|| panic!("{}", self.summary()))
    }

    /// What `attempt` printed under `name`.
    pub fn attempt(&self, name: &str) -> String {
        let start = format!("{name}=");
        let stdout = self.stdout();
        let line = stdout.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("no attempt `{name}`: {}", self.summary())).to_owned()
    }

    pub fn assert_ok(&self) -> &Self {
        assert_eq!(self.code(), Some(0), "{}", self.summary());
        self
    }

    /// Every attempt of `names` failed with one of `errors`.
    pub fn assert_denied(&self, names: &[&str], errors: &[&str]) -> &Self {
        for name in names {
            let ended = self.attempt(name);
            assert!(errors.contains(&ended.as_str()), "{name}: {ended}; {}", self.summary());
        }
        self
    }

    /// The attempt succeeded.
    pub fn assert_done(&self, name: &str) -> &Self {
        assert!(self.attempt(name).starts_with("done:"), "{}", self.summary());
        self
    }

    pub fn summary(&self) -> String {
        let mut value = self.value.clone();
        let (stdout, stderr) = (self.stdout(), self.stderr());
        if let Some(map) = value.as_object_mut() {
            map.remove("stdout");
            map.remove("stderr");
        }
        let cut = |text: String| text.chars().take(2000).collect::<String>();
        format!("{value}\n--- stdout\n{}\n--- stderr\n{}", cut(stdout), cut(stderr))
    }
}
