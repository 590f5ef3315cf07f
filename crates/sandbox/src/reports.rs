//! Owns the reading of the launcher's reports, and what they mean to the caller.

use std::io;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;

use crate::error::SandboxError;
use crate::limits::{LimitName, Limits};
use crate::result::{Exit, Usage};
use crate::spec::SandboxSpec;
use crate::wire::{FailureKind, MAX_REPORT_BYTES, Report};

/// The launcher's end of the conversation.
#[derive(Debug)]
pub(crate) struct Reports {
    control: UnixStream,
    received: Vec<u8>,
}

/// Everything that the launcher said.
#[derive(Debug, Default)]
pub(crate) struct Said {
    failure: Option<(FailureKind, String, i32)>,
    exited: Option<i32>,
    gone: Option<i32>,
    pub(crate) cpu: Duration,
    pub(crate) peak_memory_bytes: u64,
}

impl Reports {
    pub(crate) fn new(control: UnixStream) -> Self {
        Reports { control, received: Vec::new() }
    }

    /// Returns when the launcher has nothing more to say, because it has ended.
    /// Nothing is lost if this is dropped in between.
    pub(crate) async fn ended(&mut self) {
        let mut chunk = [0u8; 1024];
        // One report more than the launcher ever sends in all.
        while self.received.len() < 2 * MAX_REPORT_BYTES {
            let Ok(count @ 1..) = self.control.read(&mut chunk).await else { return };
            self.received.extend(chunk.iter().take(count));
        }
    }

    pub(crate) fn said(&self) -> Said {
        let mut said = Said::default();
        for line in self.received.split(|byte| *byte == b'\n') {
            match serde_json::from_slice(line) {
                Ok(Report::Failed { kind, step, errno }) => {
                    said.failure.get_or_insert((kind, step, errno));
                }
                Ok(Report::Exited { status }) => said.exited = Some(status),
                Ok(Report::Gone { init_status, cpu_ms, peak_memory_bytes }) => {
                    said.gone = Some(init_status);
                    said.cpu = Duration::from_millis(cpu_ms);
                    said.peak_memory_bytes = peak_memory_bytes;
                }
                Err(_) => {}
            }
        }
        said
    }
}

impl Said {
    /// How the program ended by itself; an error if it never began, or if the
    /// launcher ended before it could say.
    pub(crate) fn exit(&self, spec: &SandboxSpec, usage: &Usage) -> Result<Exit, SandboxError> {
        if let Some((kind, step, errno)) = &self.failure {
            return Err(failure(*kind, step, *errno, spec));
        }
        let status = self.exited.or(self.gone).ok_or(SandboxError::Lost)?;
        Ok(exit(status, &spec.limits, usage))
    }

    /// Whether the launcher saw the whole tree end, or never began one.
    pub(crate) fn tells_the_end(&self) -> bool {
        self.gone.is_some() || self.failure.is_some()
    }

    /// Whether there is a failure to tell, before any limit is asked about.
    pub(crate) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }
}

fn exit(status: i32, limits: &Limits, usage: &Usage) -> Exit {
    if !libc::WIFSIGNALED(status) {
        return Exit::Code(libc::WEXITSTATUS(status));
    }
    let exceeded = |limit: LimitName| Exit::LimitExceeded { limit, value: limit.value(limits) };
    match libc::WTERMSIG(status) {
        libc::SIGXCPU => exceeded(LimitName::CpuTime),
        libc::SIGXFSZ => exceeded(LimitName::FileBytes),
        // A program that ignores SIGXCPU is killed a second later.
        libc::SIGKILL if usage.cpu_ms > LimitName::CpuTime.value(limits) => exceeded(LimitName::CpuTime),
        other => Exit::Signal(other),
    }
}

fn failure(kind: FailureKind, step: &str, errno: i32, spec: &SandboxSpec) -> SandboxError {
    let source = io::Error::from_raw_os_error(errno);
    match kind {
        FailureKind::Isolation if errno == 0 => SandboxError::IsolationUnavailable { why: step.to_owned() },
        FailureKind::Isolation => SandboxError::IsolationUnavailable { why: format!("{step}: {source}") },
        FailureKind::Prepare => SandboxError::Prepare { step: step.to_owned(), source },
        FailureKind::Program => SandboxError::Program { program: spec.program.display().to_string(), source },
    }
}
