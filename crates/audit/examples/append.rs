//! How fast the log is on this machine: durable records per second, records per sync, and
//! microseconds of processor time per record, with 1, 16 and 64 callers.
//!
//! `cargo run --release -p audit --example append [calls per caller] [directory]`

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measuring tool: it stops at the first error and prints"
)]

use audit::{Audit, AuditConfig, FindingCount, Intent, Outcome, Who};
use domain::{
    CallId, Control, ControlVerdict, Decision, Digest, Principal, SystemClock, UnixMillis, Verdict,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

fn controls(list: &[Control]) -> Vec<ControlVerdict> {
    list.iter().map(|control| ControlVerdict::new(*control, Verdict::Pass)).collect()
}

fn call_id(caller: u64, number: u64) -> CallId {
    let mut chance = [0u8; 10];
    chance[2..].copy_from_slice(&(caller << 32 | number).to_be_bytes());
    CallId::mint(UnixMillis(1_800_000_000_000), chance)
}

fn intent(caller: u64, number: u64) -> Intent {
    let principal = Principal {
        tenant: "acme".parse().unwrap(),
        person: format!("person-{caller}@acme.example").parse().unwrap(),
        client: "quickstart".parse().unwrap(),
    };
    let digest = Digest::of_parts([caller.to_be_bytes().as_slice(), &number.to_be_bytes()]);
    Intent {
        call: call_id(caller, number),
        parent: None,
        who: Who {
            principal,
            peer: Some([127, 0, 0, 1].into()),
            user_agent: Some("a client of a usual length/1.2.3 (with a comment)".to_owned()),
        },
        tool: "database-query".parse().unwrap(),
        definition: digest,
        arguments: digest,
        arguments_bytes: 120,
        plan: digest,
        resource: Some("customer_database".parse().unwrap()),
        policy: digest,
        reasons: vec!["analyst-reads-customers".to_owned()],
        approval: None,
        basis: Some(r#"{"ends":"allow","read":"arguments","resource":"customer_database","attributes":{"max_rows":100,"operation":"query","resource":"customer_database","tables":["customers","orders"]}}"#.to_owned()),
        controls: controls(&Control::BEFORE_EFFECT[..8]),
    }
}

fn outcome() -> Outcome {
    Outcome {
        decision: Decision::Allow,
        refusal: None,
        output: Digest::of(b"output"),
        output_bytes: 1024,
        findings: vec![FindingCount { kind: "email", count: 2 }],
        controls: controls(&Control::BEFORE_REPLY[..5]),
        duration_us: 850,
        usage: None,
    }
}

/// Clock ticks of this process, user and system, in microseconds; and its voluntary waits.
fn cpu_us() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    ticks * 10_000
}

fn measure(callers: u64, calls: u64, directory: &Path) {
    let keys = secrets::KeyStore::open(&directory.join("keys")).unwrap();
    let mut config = AuditConfig::new(directory.join(format!("log-{callers}")), "bench");
    config.per_principal_mib_day = 0;
    let (log, _) = Audit::open(config, &keys, Arc::new(SystemClock)).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let (cpu, start) = (cpu_us(), Instant::now());
    let waits: Vec<u128> = runtime.block_on(async {
        let tasks: Vec<_> = (0..callers)
            .map(|caller| {
                let log = log.clone();
                tokio::spawn(async move {
                    let mut waits = Vec::new();
                    for number in 0..calls {
                        let asked = Instant::now();
                        let receipt = log.intent(intent(caller, number)).await.unwrap();
                        waits.push(asked.elapsed().as_micros());
                        log.outcome(receipt, outcome()).await.unwrap();
                    }
                    waits
                })
            })
            .collect();
        let mut waits = Vec::new();
        for task in tasks {
            waits.extend(task.await.unwrap());
        }
        waits
    });
    let (elapsed, cpu) = (start.elapsed(), cpu_us() - cpu);
    let records = callers * calls * 2;
    let syncs = log.batches();
    let mut waits = waits;
    waits.sort_unstable();
    println!(
        "{callers:>3} callers  {:>7.0} durable records/s  {:>6.1} records/sync  {:>5.1} us CPU/record  \
         wait p50 {} us p99 {} us",
        records as f64 / elapsed.as_secs_f64(),
        records as f64 / syncs as f64,
        cpu as f64 / records as f64,
        waits[waits.len() / 2],
        waits[waits.len() * 99 / 100],
    );
    log.close();
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let calls = arguments.next().map_or(2000, |text| text.parse().unwrap());
    let directory = arguments.next().map_or_else(|| std::env::temp_dir().join("audit-append"), PathBuf::from);
    let _old = std::fs::remove_dir_all(&directory);
    for callers in [1u64, 16, 64] {
        measure(callers, calls, &directory);
    }
    let _done = std::fs::remove_dir_all(&directory);
}
