//! Owns one run: what ends it, in which order that is asked, and the result.

use std::future::{Future, pending};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe;
use tokio::time::{sleep, timeout};

use crate::capture::Capture;
use crate::confinement::Confinement;
use crate::engine::Engine;
use crate::error::SandboxError;
use crate::launch::{Running, launch};
use crate::limits::{LimitName, whole_milliseconds};
use crate::reports::{Reports, Said};
use crate::result::{BACKEND, Exit, SandboxResult, Usage};
use crate::spec::SandboxSpec;
use crate::tree::Tree;
use crate::watchdog::{Watchdog, Watched};

/// How long the launcher may take for its last report once told to end.
const REPORT_GRACE: Duration = Duration::from_secs(2);
/// How long the pipes of a dead tree may take to drain: they hold 64 KiB.
const DRAIN_GRACE: Duration = Duration::from_secs(1);

/// Runs a checked order to its end. Dropping the future drops the [`Tree`],
/// which kills.
pub(crate) async fn run(
    engine: &Engine,
    spec: &SandboxSpec,
    confinement: Confinement,
    cancel: impl Future<Output = ()> + Send,
) -> Result<SandboxResult, SandboxError> {
    let begun = Instant::now();
    let running = launch(engine, spec, confinement).await?;
    let Running { tree, mut reports, stdin, stdout, stderr } = running;
    let limit = spec.limits.output_bytes;
    let (mut stdout, mut stderr) = (Capture::new(stdout, limit), Capture::new(stderr, limit));
    let watchdog = Watchdog::default();

    let exceeded = |limit: LimitName| Exit::LimitExceeded { limit, value: limit.value(&spec.limits) };
    let forced = tokio::select! {
        () = reports.ended() => None,
        () = cancel => Some(Exit::Cancelled),
        () = sleep(spec.limits.wall_time) => Some(exceeded(LimitName::WallTime)),
        () = either_overflows(&mut stdout, &mut stderr) => Some(exceeded(LimitName::OutputBytes)),
        limit = watchdog.exceeded(&tree, &spec.limits, Watched { cpu_time: true }) => {
            Some(exceeded(limit))
        }
        () = feed(stdin, &spec.stdin) => None,
    };
    end(&tree, &mut reports).await;
    let _ = timeout(DRAIN_GRACE, async { tokio::join!(stdout.overflows(), stderr.overflows()) }).await;

    let said = reports.said();
    let usage = usage(&tree, &said, &watchdog, begun.elapsed());
    let out_of_memory = tree.cgroup().is_some_and(|cgroup| cgroup.ran_out_of_memory());
    tree.finish().await;

    let (stdout, stdout_truncated) = stdout.into_parts();
    let (stderr, stderr_truncated) = stderr.into_parts();
    let exit = match forced {
        Some(exit) => exit,
        None if out_of_memory && !said.has_failed() => exceeded(LimitName::MemoryBytes),
        None if stdout_truncated || stderr_truncated => exceeded(LimitName::OutputBytes),
        None => said.exit(spec, &usage)?,
    };
    Ok(SandboxResult {
        exit,
        stdout,
        stderr,
        stdout_truncated,
        stderr_truncated,
        usage,
        confinement,
        limits: engine.enforcement.clone(),
        backend: BACKEND.to_owned(),
    })
}

/// Tells the launcher to end the tree, if it has not ended; the hard way if it
/// does not answer, or has ended without a word.
pub(crate) async fn end(tree: &Tree, reports: &mut Reports) {
    tree.order_to_die();
    let in_time = timeout(REPORT_GRACE, reports.ended()).await.is_ok();
    if !in_time || !reports.said().tells_the_end() {
        tree.kill();
    }
}

/// What the tree used, as well as the kernel can tell.
pub(crate) fn usage(tree: &Tree, said: &Said, watchdog: &Watchdog, wall: Duration) -> Usage {
    let cgroup = tree.cgroup();
    let counted = cgroup.and_then(|cgroup| cgroup.cpu_time());
    let cpu = counted.unwrap_or_else(|| said.cpu.max(watchdog.cpu_time()));
    let peak = cgroup.and_then(|cgroup| cgroup.peak_memory_bytes());
    Usage {
        cpu_ms: whole_milliseconds(cpu),
        peak_memory_bytes: peak.unwrap_or_else(|| said.peak_memory_bytes.max(watchdog.peak_memory_bytes())),
        wall_ms: whole_milliseconds(wall),
    }
}

/// Writes the order's input, closes the pipe, and never returns: that the
/// program has read it all, or closed its end, ends nothing.
async fn feed(mut stdin: pipe::Sender, bytes: &[u8]) {
    let _ = stdin.write_all(bytes).await;
    drop(stdin);
    pending().await
}

/// Returns once one of the streams holds more than it may.
async fn either_overflows(stdout: &mut Capture, stderr: &mut Capture) {
    tokio::select! {
        true = stdout.overflows() => {}
        true = stderr.overflows() => {}
        else => pending().await,
    }
}
