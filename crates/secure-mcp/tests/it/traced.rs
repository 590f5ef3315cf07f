//! The order on the disk and on the wire, from outside: the system calls of the real server.
//!
//! Intent on disk before the effect, outcome on disk before the reply, a refusal's record before the
//! reply. `strace` is the witness; `cargo xtask test` installs it.

mod order;
mod trace;

use crate::BINARY;
use order::{Asked, Order, prove};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use testkit::{Server, ServerOptions, modern};
use trace::events;

/// Enough of each buffer to see a whole record and a whole request.
const SHOWN_BYTES: &str = "16384";

/// A line is written within a millisecond; a loaded machine may take many times that.
const WRITTEN_TIME: Duration = Duration::from_secs(10);

const TRACED: &str = "trace=fsync,fdatasync,sync_file_range,write,writev,pwrite64,pwritev,\
                      sendto,sendmsg,read,recvfrom,recvmsg,execve,execveat";

/// A server without TLS, so that requests and replies can be read in the trace.
async fn traced(log: &Path) -> Server {
    let there = Command::new("strace").arg("-V").output();
    assert!(
        there.is_ok_and(|output| output.status.success()),
        "this test needs strace: `apt install strace`, or run `cargo xtask test`, which installs it"
    );
    let log = log.to_str().unwrap();
    let strace = ["strace", "-f", "-y", "-s", SHOWN_BYTES, "-e", TRACED, "-e", "signal=none", "-o", log];
    // Whoever kills the tracer frees the traced; the server must not outlive the test.
    let with_it = ["setpriv", "--pdeathsig", "KILL"];
    let in_front = strace.into_iter().chain(with_it).map(str::to_owned).collect();
    Server::start_with(BINARY, ServerOptions { in_front, in_clear: true, ..ServerOptions::default() }).await
}

fn call_of(answer: &Value) -> (&str, &Value) {
    let call = &answer["result"]["_meta"]["secure-mcp/call"];
    (call["call_id"].as_str().unwrap(), &call["receipt"])
}

#[tokio::test]
async fn records_are_on_disk_before_the_effect_and_before_the_reply() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("trace.log");
    let server = traced(&log).await;

    let code = "open('/tmp/effect', 'w').write('seen'); print('traced run')";
    let run =
        modern("traced-run", "tools/call", json!({ "name": "python-runner", "arguments": { "code": code } }));
    let ran = server.post(Some(&server.token("dev")), &run).await.json();
    assert_eq!(ran["result"]["structuredContent"]["stdout"], "traced run\n", "{ran}");

    let sql = "SELECT person FROM salaries";
    let query = json!({ "resource": "customer_database", "sql": sql });
    let query =
        modern("traced-denial", "tools/call", json!({ "name": "database-query", "arguments": query }));
    let denied = server.post(Some(&server.token("ana")), &query).await.json();
    assert_eq!(denied["result"]["_meta"]["secure-mcp/call"]["decision"], "deny", "{denied}");

    let allowed = Asked {
        request: "mcp-name: python-runner",
        call: call_of(&ran).0,
        records: &["intent", "outcome"],
        program: Some("/usr/bin/python3"),
    };
    println!("allowed call, lines of the trace: {:?}", proved(&log, &allowed).await);

    let (call, receipt) = call_of(&denied);
    assert_eq!(receipt["intent_index"], receipt["outcome_index"]);
    let refused = Asked { request: "mcp-name: database-query", call, records: &["refused"], program: None };
    println!("refused call, lines of the trace: {:?}", proved(&log, &refused).await);
}

/// A reply can be here before its line is written; an order that is wrong stays wrong.
async fn proved(log: &Path, asked: &Asked<'_>) -> Order {
    let started = Instant::now();
    loop {
        let events = events(&std::fs::read_to_string(log).unwrap());
        match prove(&events, asked) {
            Ok(order) => return order,
            Err(why) if started.elapsed() > WRITTEN_TIME => panic!("{}: {why}", asked.request),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// A run as it has to be, one line for each step.
const GOOD: [&str; 10] = [
    r#"10    recvfrom(9<socket:[7]>, "POST /mcp … traced-run", 4096, 0, NULL, NULL) = 99"#,
    r#"11    pwrite64(12</d/audit/0.seg>, "smr1{\"activity_name\":\"intent\",\"uid\":\"01call\"}", 99, 0) = 99"#,
    r#"11    fdatasync(12</d/audit/0.seg> <unfinished ...>"#,
    r#"11    <... fdatasync resumed>)          = 0"#,
    r#"13    execve("/proc/self/exe", ["sandbox"], 0x7f /* 0 vars */) = 0"#,
    r#"14    execve("/usr/bin/python3", ["/usr/bin/python3", "main.py"], 0x7f /* 4 vars */) = 0"#,
    r#"11    pwrite64(12</d/audit/0.seg>, "smr1{\"activity_name\":\"outcome\",\"uid\":\"01call\"}", 99, 99) = 99"#,
    r#"11    fdatasync(12</d/audit/0.seg> <unfinished ...>"#,
    r#"11    <... fdatasync resumed>)          = 0"#,
    r#"10    sendto(9<socket:[7]>, "HTTP/1.1 200 OK", 15, MSG_NOSIGNAL, NULL, 0) = 15"#,
];

fn judged(lines: &[&str], records: &[&str], program: Option<&str>) -> Result<Order, String> {
    let asked = Asked { request: "traced-run", call: "01call", records, program };
    prove(&events(&lines.join("\n")), &asked)
}

#[test]
fn a_trace_in_the_wrong_order_is_not_a_proof() {
    let both = ["intent", "outcome"];
    let python = Some("/usr/bin/python3");
    let good = Order { request: 0, records: vec![(1, 3), (6, 8)], effect: Some(4), reply: 9 };
    assert_eq!(judged(&GOOD, &both, python), Ok(good));

    // Each line that is named moves to another place.
    for (from, to, says) in [
        (4, 3, "line 3: the effect began before the intent was on disk"),
        (4, 1, "line 1: the effect began before the intent was on disk"),
        (9, 8, "line 8: the reply began before the last record was on disk"),
        (9, 6, "line 6: the reply began before the last record was on disk"),
        (9, 0, "nothing was written to the client's socket"),
        (6, 8, "the outcome was not synced"),
        (6, 1, "the records are"),
    ] {
        let mut lines = GOOD.to_vec();
        let line = lines.remove(from);
        lines.insert(to, line);
        let why = judged(&lines, &both, python).unwrap_err();
        assert!(why.contains(says), "line {from} at {to}: {why}");
    }
    for (at, changed, says) in [
        (
            0,
            r#"10    recvfrom(9<socket:[7]>, "GET /readyz", 4096, 0, NULL, NULL) = 99"#,
            "request was not read",
        ),
        (3, "11    <... fdatasync resumed>)          = -1 EIO (Input/output error)", "intent was not synced"),
        (2, "11    fdatasync(12</d/audit/tree> <unfinished ...>", "effect began before"),
        (7, "11    fdatasync(12</d/audit/tree> <unfinished ...>", "outcome was not synced"),
        (5, r#"14    execve("/bin/true", ["/bin/true"], 0x7f /* 4 vars */) = 0"#, "was not started"),
        (
            9,
            r#"10    sendto(8<socket:[6]>, "HTTP/1.1 200 OK", 15, MSG_NOSIGNAL, NULL, 0) = 15"#,
            "nothing was written",
        ),
    ] {
        let mut lines = GOOD.to_vec();
        lines[at] = changed;
        let why = judged(&lines, &both, python).unwrap_err();
        assert!(why.contains(says), "line {at}: {why}");
    }
    let mut unreadable = GOOD.to_vec();
    unreadable[5] = "14    execve(0x55913a12af50, 0x55913a12e4f0, 0x55913a12e5d0) = 0";
    assert!(judged(&unreadable, &both, python).is_ok());
    assert!(judged(&GOOD, &["refused"], None).unwrap_err().contains("the records are"));
    assert!(judged(&GOOD, &both, None).unwrap_err().contains("a refused call started"));
}
