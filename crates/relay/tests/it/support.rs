//! A log, a receiver in a process of its own, and the way between them.

use audit::{Audit, AuditConfig, Pace, Refused, Who};
use domain::{CallId, Clock, Principal, Refusal, RefusalCode, SystemClock};
use egress::{Destination, Egress, EgressConfig, OwnAddresses, PrivateAddresses, Scheme, Unnamed};
use secrets::KeyStore;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Where Debian has Python; `cargo xtask test` installs it.
const PYTHON: &str = "/usr/bin/python3";

pub struct Bench {
    pub home: tempfile::TempDir,
    pub keys: KeyStore,
    pub config: AuditConfig,
}

impl Bench {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let keys = KeyStore::open(&home.path().join("keys")).unwrap();
        let mut config = AuditConfig::new(home.path().join("audit"), "node-1");
        config.reserve_mib = 1;
        config.pace = Pace {
            segment_bytes: 64 * 1024,
            checkpoint_interval: Duration::from_millis(50),
            ..Pace::default()
        };
        Self { home, keys, config }
    }

    pub fn open(&self) -> Audit {
        Audit::open(self.config.clone(), &self.keys, clock()).unwrap().0
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }
}

pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// One record about `person`.
pub async fn record(log: &Audit, person: &str) -> u64 {
    let principal = Principal {
        tenant: "acme".parse().unwrap(),
        person: person.parse().unwrap(),
        client: "quickstart".parse().unwrap(),
    };
    let refused = Refused {
        call: CallId::mint(SystemClock.now(), secrets::random().unwrap()),
        who: Who { principal, peer: None, user_agent: None },
        tool: Some("payroll".to_owned()),
        refusal: Refusal::new(RefusalCode::Denied, "no"),
        arguments: None,
        basis: None,
        policy: None,
        reasons: Vec::new(),
        controls: Vec::new(),
        duration_us: 1,
    };
    log.refused(refused).await.unwrap().index()
}

pub async fn records(log: &Audit, count: usize) {
    for _ in 0..count {
        record(log, "wilhelmina").await;
    }
}

/// Waits until it is so.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The way to a receiver on the loopback, named `sink`.
pub fn egress(host: &str, port: u16, scheme: Scheme, extra_roots: Vec<Vec<u8>>) -> Arc<Egress> {
    let destination = Destination {
        name: "sink".to_owned(),
        host: host.to_owned(),
        port,
        scheme,
        private: PrivateAddresses::Allowed,
        headers: vec!["content-type".to_owned()],
        timeout: Duration::from_secs(10),
        max_response_bytes: 64 * 1024,
    };
    let config = EgressConfig {
        destinations: vec![destination],
        unnamed: Unnamed::Refused,
        own: OwnAddresses::default(),
        extra_roots,
    };
    Arc::new(Egress::new(config).unwrap())
}

/// A receiver in a process of its own.
pub struct Receiver {
    child: Child,
    pub port: u16,
}

impl Receiver {
    /// Starts it; `port` 0 takes a free one.
    pub fn start(mode: &str, port: u16, file: &Path, more: &[&Path]) -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sink.py");
        let mut child = Command::new(PYTHON)
            .arg(program)
            .args([mode, &port.to_string()])
            .arg(file)
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .expect("apt-get install python3");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, port: line.trim().parse().unwrap() }
    }

    /// Ends after the request under way.
    pub fn stop(mut self) {
        // The shell has `kill` built in; Debian may have no program of that name.
        let told = Command::new("/bin/sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status();
        assert!(told.unwrap().success());
        self.child.wait().unwrap();
    }

    /// Ends at once.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped_already = self.child.wait();
    }
}
