//! Dropping the oldest records once an hour, if the operator says how long they are kept.

use audit::Audit;
use domain::{Clock, UnixMillis};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// A day is the unit of what is kept; an hour late is soon enough.
const INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Works until it is told to stop.
pub(crate) async fn follow(
    retain: Option<Duration>,
    audit: Audit,
    clock: Arc<dyn Clock>,
    mut stopping: watch::Receiver<bool>,
) {
    let Some(retain) = retain else { return };
    let retain_ms = u64::try_from(retain.as_millis()).unwrap_or(u64::MAX);
    loop {
        let before = UnixMillis(clock.now().0.saturating_sub(retain_ms));
        let log = audit.clone();
        match tokio::task::spawn_blocking(move || log.drop_before(before)).await {
            Ok(Ok(Some(dropped))) => {
                tracing::info!(first = dropped.first, next = dropped.next, "the oldest records were dropped");
            }
            Ok(Ok(None)) => {}
            Ok(Err(error)) => tracing::error!(error = &error as &dyn std::error::Error, "old records stay"),
            Err(error) => tracing::error!(%error, "old records may stay"),
        }
        if tokio::time::timeout(INTERVAL, stopping.wait_for(|stop| *stop)).await.is_ok() {
            return;
        }
    }
}
