//! The log on a disk that fails, fills up and forgets.

mod attacks;
mod crash;
mod faults;

use crate::disk::memory::MemoryDisk;
use crate::samples::StillClock;
use crate::verify::{Verified, VerifyError, VerifyRequest, verify_on};
use crate::{Audit, AuditConfig, AuditError, OpenReport, Pace};
use secrets::KeyStore;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Keys on the real disk, a log in memory.
struct Bench {
    _home: tempfile::TempDir,
    keys: KeyStore,
    clock: Arc<StillClock>,
    config: AuditConfig,
}

impl Bench {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let keys = KeyStore::open(&home.path().join("keys")).unwrap();
        let mut config = AuditConfig::new("/log", "test");
        config.reserve_mib = 1;
        config.pace = Pace {
            segment_bytes: 32 * 1024,
            checkpoint_records: 10,
            checkpoint_interval: Duration::from_millis(200),
            recovery_interval: Duration::from_millis(5),
        };
        Self { _home: home, keys, clock: Arc::new(StillClock), config }
    }

    fn open(&self, disk: &MemoryDisk) -> Result<(Audit, OpenReport), AuditError> {
        Audit::open_on(&self.config, &self.keys, Arc::clone(&self.clock) as _, Arc::new(disk.clone()))
    }

    fn verify(&self, disk: &MemoryDisk) -> Result<Verified, VerifyError> {
        verify_on(disk, &VerifyRequest::directory(self.directory()))
    }

    fn directory(&self) -> PathBuf {
        self.config.directory.clone()
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Waits until `ready` says so; the log's thread works meanwhile.
fn wait_until(what: &str, mut ready: impl FnMut() -> bool) {
    let start = Instant::now();
    while !ready() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what} did not happen");
        std::thread::yield_now();
    }
}
