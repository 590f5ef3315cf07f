//! How long a start takes, and what the server holds in memory before anybody calls.

use crate::machine::{process_time, resident_kib};
use crate::product::{Home, Site};
use crate::statistics::median;
use anyhow::Result;
use serde::Serialize;
use std::time::Duration;

/// Starts that the median is taken of.
const STARTS: usize = 5;
/// Until the start's own work is over.
const SETTLE: Duration = Duration::from_millis(700);

/// The start.
#[derive(Clone, Debug, Serialize)]
pub struct StartUp {
    /// With which policy.
    pub policy: &'static str,
    /// The first on an empty folder: keys, log and state are made. Milliseconds to the first `/readyz`.
    pub first_ms: f64,
    /// Later ones on the same folder, the median. Milliseconds.
    pub again_ms: f64,
    /// Processor time of a later one until it is ready and at rest, the median. Milliseconds.
    pub cpu_ms: f64,
    /// Resident memory at rest, before a call. KiB.
    pub idle_kib: u64,
}

/// Starts a server of its own several times.
pub async fn measure(site: &Site, home: &Home, policy: &'static str) -> Result<StartUp> {
    let (process, first) = home.start(site).await?;
    Home::stop(process);
    let (mut times, mut processor_times, mut idle_kib) = (Vec::new(), Vec::new(), 0);
    for _ in 0..STARTS {
        let (process, took) = home.start(site).await?;
        tokio::time::sleep(SETTLE).await;
        times.push(took.as_secs_f64() * 1e3);
        processor_times.push(process_time(process.pid())?.as_secs_f64() * 1e3);
        idle_kib = resident_kib(process.pid())?;
        Home::stop(process);
    }
    Ok(StartUp {
        policy,
        first_ms: first.as_secs_f64() * 1e3,
        again_ms: median(times),
        cpu_ms: median(processor_times),
        idle_kib,
    })
}
