//! A log in a directory of its own, and calls for it.

#![allow(clippy::disallowed_methods, reason = "the tests look at the files from outside")]

use audit::{
    Audit, AuditConfig, AuditError, Intent, OpenReport, Outcome, OutcomeReceipt, Pace, Refused, Who,
};
use domain::{
    CallId, Clock, Control, ControlVerdict, Decision, Digest, Principal, Refusal, RefusalCode, UnixMillis,
    Verdict,
};
use secrets::KeyStore;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub const NOON: u64 = 1_795_000_000_000;

/// A clock that stands until it is told to go.
pub struct HandClock(pub AtomicU64);

impl Clock for HandClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::Relaxed))
    }
}

pub struct Bench {
    pub home: tempfile::TempDir,
    pub keys: KeyStore,
    pub clock: Arc<HandClock>,
    pub config: AuditConfig,
}

impl Bench {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let keys = KeyStore::open(&home.path().join("keys")).unwrap();
        let mut config = AuditConfig::new(home.path().join("audit"), "node-1");
        config.reserve_mib = 1;
        config.pace = Pace { checkpoint_interval: Duration::from_secs(1000), ..Pace::default() };
        Self { home, keys, clock: Arc::new(HandClock(AtomicU64::new(NOON))), config }
    }

    pub fn open(&self) -> Result<(Audit, OpenReport), AuditError> {
        Audit::open(self.config.clone(), &self.keys, Arc::clone(&self.clock) as _)
    }

    pub fn directory(&self) -> &Path {
        &self.config.directory
    }

    pub fn advance(&self, time: Duration) {
        self.clock.0.fetch_add(time.as_millis() as u64, Ordering::Relaxed);
    }
}

pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub fn call_id(number: u64) -> CallId {
    let mut chance = [3u8; 10];
    chance[2..].copy_from_slice(&number.to_be_bytes());
    CallId::mint(UnixMillis(NOON), chance)
}

pub fn who(person: &str) -> Who {
    Who {
        principal: Principal {
            tenant: "acme".parse().unwrap(),
            person: person.parse().unwrap(),
            client: "quickstart".parse().unwrap(),
        },
        peer: Some([203, 0, 113, 77].into()),
        user_agent: Some("RatherSpecialAgent/7".to_owned()),
    }
}

pub fn intent(person: &str, number: u64) -> Intent {
    Intent {
        call: call_id(number),
        parent: None,
        who: who(person),
        tool: "database-query".parse().unwrap(),
        definition: Digest::of(b"definition"),
        arguments: Digest::of(&number.to_be_bytes()),
        arguments_bytes: 8,
        plan: Digest::of(b"plan"),
        resource: Some("customer_database".parse().unwrap()),
        policy: Digest::of(b"policy"),
        reasons: vec!["analyst-reads".to_owned()],
        approval: None,
        basis: Some(format!(r#"{{"ends":"allow","read":"arguments","attributes":{{"of":"{person}"}}}}"#)),
        controls: vec![ControlVerdict::new(Control::AuthnToken, Verdict::Pass)],
    }
}

pub fn outcome() -> Outcome {
    Outcome {
        decision: Decision::Allow,
        refusal: None,
        output: Digest::of(b"output"),
        output_bytes: 6,
        findings: Vec::new(),
        controls: vec![ControlVerdict::new(Control::ScanSecrets, Verdict::Pass)],
        duration_us: 850,
        usage: None,
    }
}

pub fn refused(person: &str, number: u64) -> Refused {
    Refused {
        call: call_id(number),
        who: who(person),
        tool: Some("payroll".to_owned()),
        refusal: Refusal::new(RefusalCode::Denied, format!("rule `no-salaries` forbids {person}")),
        arguments: None,
        basis: None,
        policy: None,
        reasons: vec!["no-salaries".to_owned()],
        controls: Vec::new(),
        duration_us: 100,
    }
}

/// One whole call.
pub fn call(log: &Audit, person: &str, number: u64) -> OutcomeReceipt {
    let receipt = run(log.intent(intent(person, number))).unwrap();
    run(log.outcome(receipt, outcome())).unwrap()
}

/// A copy of a directory's files.
pub fn copy(from: &Path, to: PathBuf) -> PathBuf {
    fs::create_dir_all(&to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    to
}
