//! Work that would hold up a thread that serves sockets, done beside it.
//!
//! It knows no call: what runs and what it means is the caller's.

use domain::{Refusal, RefusalCode};
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// The slowest scan known takes a second; with thirty of them ahead the machine has no room for more.
const PATIENCE: Duration = Duration::from_secs(30);

/// A way to run big work beside the threads that serve sockets. Copies share its room.
#[derive(Clone)]
pub struct Aside(Arc<Semaphore>);

impl Aside {
    /// Bytes that are read where the call runs: 1 ms of ordinary text, 16 ms of the slowest known, 40 ms at
    /// the end of the scanner's budget.
    pub const INLINE_BYTES: u64 = 64 * 1024;

    /// Room on half of the processors, so that the small calls keep the other half.
    pub fn on_half_of_the_machine() -> Self {
        Self::with_room(available_parallelism().map_or(1, |all| (all.get() / 2).max(1)))
    }

    /// Room for `places` pieces of work at once.
    pub fn with_room(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }

    /// Runs `work` and waits for it. Work that nobody waits for any more keeps its place to its end.
    ///
    /// Refuses with `timeout` if there is no room in time, with `internal` if the work breaks.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let Ok(Ok(place)) = timeout(PATIENCE, Arc::clone(&self.0).acquire_owned()).await else {
            return Err(Refusal::new(RefusalCode::Timeout, "no room for big work in time"));
        };
        let done = spawn_blocking(move || {
            let _held = place;
            work()
        });
        done.await.map_err(|error| Refusal::new(RefusalCode::Internal, format!("big work broke: {error}")))
    }
}

#[cfg(test)]
mod tests;
