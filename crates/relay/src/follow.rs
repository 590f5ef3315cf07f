//! The followers at work, each on its own: none waits for another, and no call waits for any.

use crate::config::{Exporter, Witness};
use crate::export::Export;
use crate::numbers::{Counter, Numbers, Role};
use crate::witness::{Watch, WitnessError};
use audit::Audit;
use domain::Clock;
use egress::Egress;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How soon a new record is seen; the log signs as often.
const IDLE_TIME: Duration = Duration::from_secs(1);
/// How long a receiver that failed is left alone, at first and at most.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How long a batch under way may still take when the server stops.
const LAST_TIME: Duration = Duration::from_secs(5);

/// The followers of one log.
pub struct Relay {
    audit: Audit,
    egress: Arc<Egress>,
    clock: Arc<dyn Clock>,
    exporters: Vec<Exporter>,
    witnesses: Vec<Witness>,
    numbers: Arc<Numbers>,
}

impl Relay {
    /// The followers of `audit`.
    pub fn new(
        audit: Audit,
        egress: Arc<Egress>,
        clock: Arc<dyn Clock>,
        exporters: Vec<Exporter>,
        witnesses: Vec<Witness>,
    ) -> Self {
        let names = exporters.iter().map(|one| (one.name.clone(), Role::Exporter));
        let names = names.chain(witnesses.iter().map(|one| (one.name.clone(), Role::Witness)));
        let numbers = Arc::new(Numbers::of(names));
        Self { audit, egress, clock, exporters, witnesses, numbers }
    }

    /// How they stand.
    pub fn numbers(&self) -> Arc<Numbers> {
        Arc::clone(&self.numbers)
    }

    /// Works until it is told to stop.
    pub async fn follow(self, stopping: watch::Receiver<bool>) {
        let mut followers = JoinSet::new();
        let count = self.exporters.len();
        for (at, exporter) in self.exporters.into_iter().enumerate() {
            let export = Export::new(self.audit.clone(), exporter, Arc::clone(&self.egress));
            followers.spawn(export_until(export, Arc::clone(&self.numbers), at, stopping.clone()));
        }
        for (at, witness) in self.witnesses.into_iter().enumerate() {
            let watch =
                Watch::new(self.audit.clone(), witness, Arc::clone(&self.egress), Arc::clone(&self.clock));
            followers.spawn(witness_until(watch, Arc::clone(&self.numbers), count + at, stopping.clone()));
        }
        while followers.join_next().await.is_some() {}
    }
}

/// Sleeps, or ends early when the server stops.
async fn rest(time: Duration, stopping: &mut watch::Receiver<bool>) {
    let _elapsed = tokio::time::timeout(time, stopping.wait_for(|stop| *stop)).await;
}

/// The work under way; `None` if the server stops and it takes too long.
async fn finished<T>(work: impl Future<Output = T>, stopping: &mut watch::Receiver<bool>) -> Option<T> {
    tokio::pin!(work);
    let stopped = async {
        drop(stopping.wait_for(|stop| *stop).await);
        tokio::time::sleep(LAST_TIME).await;
    };
    tokio::select! {
        done = &mut work => Some(done),
        () = stopped => None,
    }
}

/// How long to wait after so many failures in a row.
fn wait_after(failures: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1 << failures.min(8)).min(LONGEST_WAIT)
}

async fn export_until(
    mut export: Export,
    numbers: Arc<Numbers>,
    at: usize,
    mut stopping: watch::Receiver<bool>,
) {
    let Some(counter) = numbers.counter(at) else { return };
    let name = export.exporter.name.clone();
    let mut failures = 0u32;
    while !*stopping.borrow() {
        let Some(step) = finished(export.step(counter), &mut stopping).await else { return };
        match step {
            Ok(sent) => {
                if std::mem::take(&mut failures) > 0 {
                    tracing::info!(exporter = name, "the exporter is back");
                }
                if !sent {
                    rest(IDLE_TIME, &mut stopping).await;
                }
            }
            Err(error) => {
                if failures == 0 {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(exporter = name, error, "records wait for the exporter");
                }
                counter.failed();
                let wait = wait_after(failures);
                failures = failures.saturating_add(1);
                rest(wait, &mut stopping).await;
            }
        }
    }
}

async fn witness_until(
    mut watch: Watch,
    numbers: Arc<Numbers>,
    at: usize,
    mut stopping: watch::Receiver<bool>,
) {
    let Some(counter) = numbers.counter(at) else { return };
    let name = watch.name().to_owned();
    let mut failures = 0u32;
    while !*stopping.borrow() {
        let Some(step) = finished(step(&mut watch, counter), &mut stopping).await else { return };
        match step {
            Ok(()) => {
                failures = 0;
                rest(IDLE_TIME, &mut stopping).await;
            }
            Err(error) => {
                if failures == 0 {
                    let shown = &error as &dyn std::error::Error;
                    tracing::error!(witness = name, error = shown, "checkpoints wait for the witness");
                }
                counter.failed();
                let wait = wait_after(failures);
                failures = failures.saturating_add(1);
                rest(wait, &mut stopping).await;
            }
        }
    }
}

async fn step(watch: &mut Watch, counter: &Counter) -> Result<(), WitnessError> {
    let newly = watch.step().await?;
    counter.acknowledged(newly);
    counter.stands_at(watch.position());
    Ok(())
}
