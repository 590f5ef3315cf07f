//! What `strace -f -y` writes, as system calls with a beginning and an end.
//!
//! The order of the lines is an order of causes: a thread that stops for the tracer goes on only after
//! its line was written, so what it sets off comes later in the file.

use std::collections::HashMap;

/// One system call.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// `fdatasync`
    pub name: String,
    /// What stood in the brackets.
    pub arguments: String,
    /// The line at which it was made.
    pub began: usize,
    /// The line at which it came back.
    pub ended: usize,
    /// Whether it came back without an error.
    pub succeeded: bool,
}

impl Event {
    /// The first argument with what it stands for: `12</data/audit/0.seg>`.
    pub fn descriptor(&self) -> &str {
        self.arguments.split([',', ')']).next().unwrap_or_default().trim()
    }
}

/// The calls that came back, in the order in which they were made.
pub fn events(text: &str) -> Vec<Event> {
    let mut events = Vec::new();
    let mut open: HashMap<&str, (usize, String)> = HashMap::new();
    for (number, line) in text.lines().enumerate() {
        let Some((task, said)) = line.split_once(char::is_whitespace) else { continue };
        let said = said.trim_start();
        if let Some(first) = said.strip_suffix("<unfinished ...>") {
            open.insert(task, (number, first.to_owned()));
        } else if let Some((_, rest)) =
            said.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>"))
        {
            let Some((began, first)) = open.remove(task) else { continue };
            events.extend(event(&format!("{first}{rest}"), began, number));
        } else {
            events.extend(event(said, number, number));
        }
    }
    events.sort_by_key(|event: &Event| event.began);
    events
}

/// `name(arguments) = result`; signals and ends of tasks are no calls.
fn event(said: &str, began: usize, ended: usize) -> Option<Event> {
    let (call, result) = said.rsplit_once(" = ")?;
    let (name, arguments) = call.split_once('(')?;
    let is_name = name.bytes().all(|sign| sign.is_ascii_alphanumeric() || sign == b'_');
    let arguments = arguments.trim_end().strip_suffix(')')?.to_owned();
    let succeeded = !result.starts_with('-') && !result.starts_with('?');
    is_name.then(|| Event { name: name.to_owned(), arguments, began, ended, succeeded })
}

#[test]
fn whole_and_interrupted_lines_are_read() {
    let text = r#"10    write(4<anon_inode:[eventfd]>, "a = b)", 8) = 8
11    fdatasync(12</d/0.seg> <unfinished ...>
10    recvfrom(9<socket:[7]>, "POST /mcp", 4096, 0, NULL, NULL) = 9
11    <... fdatasync resumed>)          = -1 EIO (Input/output error)
12    --- SIGCHLD {si_signo=SIGCHLD} ---
12    +++ exited with 0 +++"#;
    let found = events(text);
    let short: Vec<_> =
        found.iter().map(|event| (&*event.name, event.began, event.ended, event.succeeded)).collect();
    assert_eq!(short, [("write", 0, 0, true), ("fdatasync", 1, 3, false), ("recvfrom", 2, 2, true)]);
    let descriptors: Vec<&str> = found.iter().map(Event::descriptor).collect();
    assert_eq!(descriptors, ["4<anon_inode:[eventfd]>", "12</d/0.seg>", "9<socket:[7]>"]);
}
