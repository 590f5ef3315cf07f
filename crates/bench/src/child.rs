//! Child processes that do not outlive the measurement.

use crate::floor::FloorKind;
use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A process that is killed when this is dropped.
pub struct Process(Child);

impl Process {
    /// Starts `command`.
    pub fn start(command: &mut Command) -> Result<Self> {
        let shown = format!("{command:?}");
        Ok(Self(command.spawn().with_context(|| format!("cannot start {shown}"))?))
    }

    /// Its id.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }

    /// Asks it to end, and waits; after `patience` it is killed.
    pub fn stop(mut self, patience: Duration) {
        let pid = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        // One that has ended already needs no signal.
        let _asked = pid.map(|pid| kill_process(pid, Signal::TERM));
        let asked = Instant::now();
        while !self.has_ended() && asked.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended; there is nothing to do about it then.
        let _killed = self.0.kill();
        let _status = self.0.wait();
    }
}

/// A floor that listens.
pub struct Floor {
    /// The process.
    pub process: Process,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Floor {
    /// Starts this very program as a floor and reads its port.
    pub fn start(kind: FloorKind, upstream: Option<SocketAddr>) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("floor").arg(kind.word()).stdin(Stdio::piped()).stdout(Stdio::piped());
        if let Some(upstream) = upstream {
            command.arg("--upstream").arg(upstream.to_string());
        }
        let mut process = Process::start(&mut command)?;
        let output = process.0.stdout.take().context("a child without output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let port: u16 =
            line.trim().parse().with_context(|| format!("the floor {} did not start", kind.word()))?;
        Ok(Self { process, address: (Ipv4Addr::LOCALHOST, port).into() })
    }
}
