//! Writes calls into a log until it is killed, and says on standard output what was answered.
//!
//! `audit-writer DIRECTORY CALLERS`: the tests' victim of `kill -9`, and no part of the product.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test's child process: it stops at the first error, and its output is its result"
)]

use audit::{Audit, AuditConfig, Intent, Outcome, Pace, Who};
use domain::{CallId, Clock, Decision, Digest, Principal, SystemClock};
use std::path::PathBuf;
use std::sync::Arc;

fn intent(caller: u64) -> Intent {
    let digest = Digest::of(b"sample");
    let person = format!("person-{caller}").parse().unwrap();
    Intent {
        call: CallId::mint(SystemClock.now(), secrets::random().unwrap()),
        parent: None,
        who: Who {
            principal: Principal {
                tenant: "acme".parse().unwrap(),
                person,
                client: "quickstart".parse().unwrap(),
            },
            peer: None,
            user_agent: None,
        },
        tool: "echo".parse().unwrap(),
        definition: digest,
        arguments: digest,
        arguments_bytes: 6,
        plan: digest,
        resource: None,
        policy: digest,
        reasons: Vec::new(),
        approval: None,
        basis: None,
        controls: Vec::new(),
    }
}

fn outcome() -> Outcome {
    Outcome {
        decision: Decision::Allow,
        refusal: None,
        output: Digest::of(b"output"),
        output_bytes: 6,
        findings: Vec::new(),
        controls: Vec::new(),
        duration_us: 1,
        usage: None,
    }
}

async fn call_for_ever(log: Audit, caller: u64) {
    loop {
        let receipt = log.intent(intent(caller)).await.unwrap();
        println!("intent {} {}", receipt.call(), receipt.index());
        let call = receipt.call();
        let receipt = log.outcome(receipt, outcome()).await.unwrap();
        println!("outcome {call} {}", receipt.outcome_index());
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = PathBuf::from(arguments.next().unwrap());
    let callers: u64 = arguments.next().unwrap().parse().unwrap();
    let keys = secrets::KeyStore::open(&directory.join("keys")).unwrap();
    let mut config = AuditConfig::new(directory.join("audit"), "child");
    config.reserve_mib = 1;
    config.pace = Pace { segment_bytes: 256 * 1024, ..Pace::default() };
    let (log, report) = Audit::open(config, &keys, Arc::new(SystemClock)).unwrap();
    println!("open {} {}", report.records, report.abandoned);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let calls: Vec<_> =
            (0..callers).map(|caller| tokio::spawn(call_for_ever(log.clone(), caller))).collect();
        for call in calls {
            call.await.unwrap();
        }
    });
}
