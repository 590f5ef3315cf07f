//! Owns the thread from which every launcher is started.
//!
//! The kernel sends a parent's death signal when the *thread* that forked ends.
//! A runtime's worker may end at any time; this thread ends with the engine.

use std::io;
use std::thread;

use tokio::sync::{mpsc, oneshot};

type Job = Box<dyn FnOnce() + Send>;

/// Starts in flight; more wait for the same thread anyway.
const QUEUE: usize = 64;

/// Runs jobs on one lasting thread, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Spawner {
    jobs: mpsc::Sender<Job>,
}

impl Spawner {
    /// Starts the thread. It ends when the last clone is dropped.
    pub(crate) fn start() -> io::Result<Self> {
        let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE);
        thread::Builder::new().name("sandbox-spawn".to_owned()).spawn(move || {
            while let Some(job) = queue.blocking_recv() {
                job();
            }
        })?;
        Ok(Spawner { jobs })
    }

    /// Runs `job` on the thread. If the caller is gone by then, its value is
    /// dropped there: a value that owns processes must kill them in `Drop`.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        let ended = || io::Error::other("the spawning thread has ended");
        let (reply, value) = oneshot::channel();
        let job: Job = Box::new(move || drop(reply.send(job())));
        self.jobs.send(job).await.map_err(|_| ended())?;
        value.await.map_err(|_| ended())
    }
}
