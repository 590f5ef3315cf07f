//! Owns a sandbox to talk with: its streams, its keeper, its end.
//!
//! Memory, processes, files and processor share are limited as in a one-shot
//! run; processor time, wall time and output are not, since it has no end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::confinement::Confinement;
use crate::engine::Engine;
use crate::error::SandboxError;
use crate::launch::{Running, launch};
use crate::limits::LimitName;
use crate::reports::Reports;
use crate::result::{BACKEND, Enforcement, Exit, Usage};
use crate::run::{end, usage};
use crate::spec::SandboxSpec;
use crate::tree::Tree;
use crate::watchdog::{Watchdog, Watched};

/// The last words that are kept of stderr; a stack trace fits.
const STDERR_TAIL_BYTES: usize = 16 * 1024;

/// A running sandbox. Dropping it kills the whole tree.
#[derive(Debug)]
pub struct LongLived {
    stdin: Option<pipe::Sender>,
    stdout: Option<pipe::Receiver>,
    /// Dropping the sender is the order to end.
    stop: Option<oneshot::Sender<()>>,
    keeper: JoinHandle<Result<LongLivedEnd, SandboxError>>,
}

/// How a long-lived sandbox ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LongLivedEnd {
    /// How it ended; [`Exit::Cancelled`] if it was killed by its owner.
    pub exit: Exit,
    /// The last 16 KiB of stderr.
    pub stderr_tail: Vec<u8>,
    /// What it used.
    pub usage: Usage,
    /// How the limits were held.
    pub limits: Enforcement,
    /// Which back end ran it; [`BACKEND`].
    pub backend: String,
}

/// Starts a checked order.
pub(crate) async fn start(engine: &Arc<Engine>, spec: SandboxSpec) -> Result<LongLived, SandboxError> {
    let Running { tree, reports, stdin, stdout, stderr } =
        launch(engine, &spec, Confinement::Isolated).await?;
    let (stop, stopped) = oneshot::channel();
    let keeper = Keeper { engine: Arc::clone(engine), spec, tree, reports, stderr };
    Ok(LongLived {
        stdin: Some(stdin),
        stdout: Some(stdout),
        stop: Some(stop),
        keeper: tokio::spawn(keeper.keep(stopped)),
    })
}

impl LongLived {
    /// The process's standard input; closing it is its end of file. Once only.
    pub fn take_stdin(&mut self) -> Option<pipe::Sender> {
        self.stdin.take()
    }

    /// The process's standard output; the reader must bound what it keeps. Once only.
    pub fn take_stdout(&mut self) -> Option<pipe::Receiver> {
        self.stdout.take()
    }

    /// Waits until it ends by itself or reaches a limit. Fails as
    /// [`crate::Sandbox::run`]; `Program` if there was nothing to execute.
    pub async fn wait(mut self) -> Result<LongLivedEnd, SandboxError> {
        (&mut self.keeper).await.unwrap_or(Err(SandboxError::Lost))
    }

    /// Kills the tree and waits for its end.
    pub async fn kill(mut self) -> Result<LongLivedEnd, SandboxError> {
        self.stop = None;
        (&mut self.keeper).await.unwrap_or(Err(SandboxError::Lost))
    }
}

impl Drop for LongLived {
    fn drop(&mut self) {
        // The keeper owns the tree; with the keeper's future the tree is dropped.
        self.keeper.abort();
    }
}

/// What stays with a sandbox as long as it lives.
struct Keeper {
    engine: Arc<Engine>,
    spec: SandboxSpec,
    tree: Tree,
    reports: Reports,
    stderr: pipe::Receiver,
}

impl Keeper {
    async fn keep(mut self, stopped: oneshot::Receiver<()>) -> Result<LongLivedEnd, SandboxError> {
        let begun = Instant::now();
        let watchdog = Watchdog::default();
        let limits = &self.spec.limits;
        let exceeded = |limit: LimitName| Exit::LimitExceeded { limit, value: limit.value(limits) };
        let mut tail = VecDeque::new();
        let forced = tokio::select! {
            () = self.reports.ended() => None,
            _ = stopped => Some(Exit::Cancelled),
            limit = watchdog.exceeded(&self.tree, limits, Watched { cpu_time: false }) => {
                Some(exceeded(limit))
            }
            () = keep_tail(&mut self.stderr, &mut tail) => None,
        };
        end(&self.tree, &mut self.reports).await;
        let said = self.reports.said();
        let usage = usage(&self.tree, &said, &watchdog, begun.elapsed());
        let out_of_memory = self.tree.cgroup().is_some_and(|cgroup| cgroup.ran_out_of_memory());
        self.tree.finish().await;
        let exit = match forced {
            Some(exit) => exit,
            None if out_of_memory && !said.has_failed() => exceeded(LimitName::MemoryBytes),
            None => said.exit(&self.spec, &usage)?,
        };
        Ok(LongLivedEnd {
            exit,
            stderr_tail: tail.into(),
            usage,
            limits: self.engine.enforcement.clone(),
            backend: BACKEND.to_owned(),
        })
    }
}

/// Reads stderr for ever and keeps its end. A closed stderr ends nothing.
async fn keep_tail(stderr: &mut pipe::Receiver, tail: &mut VecDeque<u8>) {
    let mut chunk = [0u8; 4096];
    while let Ok(count @ 1..) = stderr.read(&mut chunk).await {
        tail.extend(chunk.iter().take(count));
        tail.drain(..tail.len().saturating_sub(STDERR_TAIL_BYTES));
    }
    std::future::pending().await
}
