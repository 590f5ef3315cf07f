//! One server under load for a while: every connection has one call under way.

use crate::call::{Call, number_in};
use crate::connection::Endpoint;
use crate::machine::{self, MachineTime};
use crate::proof;
use crate::statistics::percentile;
use anyhow::{Context as _, Result};
use futures_util::future::try_join_all;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Before the clock runs: connections are open, caches and pools warm.
const WARM_UP: Duration = Duration::from_millis(250);
/// Every so many replies one is read whole.
const READ_WHOLE_EVERY: u64 = 256;
/// A worker that meets so many errors stops.
const MAX_ERRORS: u64 = 20;
/// A server that answers nothing for so long ends the row.
const PATIENCE: Duration = Duration::from_secs(30);

/// Numbers of calls; each is used once in a run.
static NEXT_CALL: AtomicU64 = AtomicU64::new(1);

/// The next call that nobody has made.
pub fn next_call() -> Call {
    Call::of_number(NEXT_CALL.fetch_add(1, Ordering::Relaxed))
}

/// A server and how it is loaded.
pub struct Target {
    /// Where it is.
    pub endpoint: Endpoint,
    /// Tokens, used in turn; empty if it asks for none.
    pub tokens: Vec<String>,
    /// Whether its replies carry controls and have to be scanned.
    pub is_governed: bool,
    /// Its process.
    pub pid: u32,
}

/// What one load showed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Sample {
    /// Which round.
    pub round: u32,
    /// Seconds that were counted.
    pub seconds: f64,
    /// Good replies in them.
    pub calls: u64,
    /// Of a call, from before it is sent until its reply is checked. Milliseconds.
    pub p50_ms: f64,
    /// The same.
    pub p99_ms: f64,
    /// Processor time of the server for a call. Microseconds.
    pub cpu_us: f64,
    /// Processor time of this client for a call. Microseconds.
    pub client_cpu_us: f64,
    /// Share of the machine's processor time that neither servers nor client used. 0 to 1.
    pub others_share: f64,
    /// First and last index of the log's records in the counted time.
    pub records: Option<(u64, u64)>,
    /// Syncs of the log's segment in the counted time; filled in from the log afterwards.
    pub syncs: Option<u64>,
    /// Replies that were not good, warm-up included.
    pub errors: u64,
    /// What the first of them was.
    pub first_error: Option<String>,
}

/// A good reply.
struct Done {
    at: Instant,
    took: Duration,
    records: Option<(u64, u64)>,
}

#[derive(Default)]
struct Work {
    done: Vec<Done>,
    errors: u64,
    first_error: Option<String>,
}

struct Snapshot {
    at: Instant,
    server: Duration,
    client: Duration,
    /// All processes of this run.
    ours: Duration,
    machine: MachineTime,
}

impl Snapshot {
    fn take(pid: u32, all: &[u32]) -> Result<Self> {
        let client = machine::process_time(std::process::id())?;
        let mut ours = client;
        for pid in all {
            ours += machine::process_time(*pid)?;
        }
        let (server, machine) = (machine::process_time(pid)?, machine::machine_time()?);
        Ok(Self { at: Instant::now(), server, client, ours, machine })
    }
}

/// Loads `target` over `connections` for `counted`. `all` are the processes of the run's servers.
pub async fn load(target: &Target, connections: u32, counted: Duration, all: &[u32]) -> Result<Sample> {
    let open = (0..connections).map(|at| {
        let token = target.tokens.get(at as usize % target.tokens.len().max(1)).map(String::as_str);
        target.endpoint.connect(token)
    });
    let open = try_join_all(open).await?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut workers = JoinSet::new();
    for mut connection in open {
        let (stop, is_governed) = (Arc::clone(&stop), target.is_governed);
        workers.spawn(async move {
            let mut work = Work::default();
            while !stop.load(Ordering::Relaxed) && work.errors < MAX_ERRORS {
                match one(&mut connection, is_governed).await {
                    Ok(done) => work.done.push(done),
                    Err(error) => {
                        work.errors += 1;
                        work.first_error.get_or_insert(format!("{error:#}"));
                    }
                }
            }
            work
        });
    }
    tokio::time::sleep(WARM_UP).await;
    let before = Snapshot::take(target.pid, all)?;
    tokio::time::sleep(counted).await;
    let after = Snapshot::take(target.pid, all)?;
    stop.store(true, Ordering::Relaxed);
    let all_work = tokio::time::timeout(PATIENCE, workers.join_all()).await.context("a call got no reply")?;
    Ok(sum_up(all_work, &before, &after))
}

async fn one(connection: &mut crate::connection::Connection, is_governed: bool) -> Result<Done> {
    let call = next_call();
    let sent = Instant::now();
    let reply = connection.call(call.body.clone()).await?;
    call.check(&reply)?;
    let at = Instant::now();
    let mut records = None;
    if is_governed {
        call.check_scanned(&reply)?;
        let index = |name| number_in(&reply, name).with_context(|| format!("a reply without `{name}`"));
        records = Some((index("intent_index")?, index("outcome_index")?));
        if call.id.is_multiple_of(READ_WHOLE_EVERY) {
            proof::read(&call, &reply)?;
        }
    }
    Ok(Done { at, took: at - sent, records })
}

fn sum_up(all: Vec<Work>, before: &Snapshot, after: &Snapshot) -> Sample {
    let errors = all.iter().map(|work| work.errors).sum();
    let first_error = all.iter().find_map(|work| work.first_error.clone());
    let counted: Vec<Done> = all
        .into_iter()
        .flat_map(|work| work.done)
        .filter(|done| (before.at..after.at).contains(&done.at))
        .collect();
    let mut times: Vec<Duration> = counted.iter().map(|done| done.took).collect();
    times.sort_unstable();
    let calls = times.len() as u64;
    let of_call = |time: Duration| time.as_secs_f64() * 1e6 / (calls.max(1) as f64);
    let seconds = (after.at - before.at).as_secs_f64();
    let busy = after.machine.busy.saturating_sub(before.machine.busy);
    let stolen = after.machine.stolen.saturating_sub(before.machine.stolen);
    let ours = after.ours.saturating_sub(before.ours);
    let others = (busy + stolen).saturating_sub(ours).as_secs_f64();
    let indices = counted.iter().filter_map(|done| done.records);
    let first = indices.clone().map(|(intent, _)| intent).min();
    let last = indices.map(|(_, outcome)| outcome).max();
    Sample {
        round: 0,
        seconds,
        calls,
        p50_ms: percentile(&times, 0.50).as_secs_f64() * 1e3,
        p99_ms: percentile(&times, 0.99).as_secs_f64() * 1e3,
        cpu_us: of_call(after.server.saturating_sub(before.server)),
        client_cpu_us: of_call(after.client.saturating_sub(before.client)),
        others_share: others / (seconds * machine::processors() as f64),
        records: first.zip(last),
        syncs: None,
        errors,
        first_error,
    }
}
