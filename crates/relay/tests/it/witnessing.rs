//! Witnesses: a log that was restored from a snapshot or written anew is told from the one they saw.

use crate::support::{Bench, clock, egress, records, until};
use audit::{Audit, OperatorEvent};
use egress::{Egress, Scheme};
use relay::{Conflict, Relay, Verdict, Witness, WitnessKind, compare, compare_running};
use signed_note::{Note, StandardVerifier, VerifierList};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tlog_tiles::checkpoint::Checkpoint;
use tlog_tiles::tlog::{Hash, check_tree};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;

fn copy(from: &Path, to: PathBuf) -> PathBuf {
    std::fs::create_dir_all(&to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    to
}

/// Lets the witness follow until it has seen everything.
async fn follow(log: &Audit, egress: &Arc<Egress>, witness: &Witness) {
    let relay = Relay::new(log.clone(), Arc::clone(egress), clock(), Vec::new(), vec![witness.clone()]);
    let numbers = relay.numbers();
    let (stop, stopping) = watch::channel(false);
    let ended = tokio::spawn(relay.follow(stopping));
    let size = log.size();
    until("the witness has seen everything", || {
        let now = &numbers.now(log.size())[0];
        now.lag_records == 0 && now.acknowledged > 0 && log.checkpoint().size >= size
    })
    .await;
    stop.send(true).unwrap();
    ended.await.unwrap();
}

/// The log grows, is copied, grows on under the witness's eyes, and the copy is put back.
async fn restored(bench: &Bench, egress: &Arc<Egress>, witness: &Witness) -> (Audit, u64) {
    let log = bench.open();
    records(&log, 40).await;
    follow(&log, egress, witness).await;
    log.close();
    drop(log);
    let snapshot = copy(&bench.config.directory, bench.path("snapshot"));
    let log = bench.open();
    records(&log, 40).await;
    follow(&log, egress, witness).await;
    let verdict = compare_running(&log, witness, egress).await.unwrap();
    let Verdict::Agrees { size: seen } = verdict else { panic!("{verdict:?}") };
    log.close();
    drop(log);
    std::fs::remove_dir_all(&bench.config.directory).unwrap();
    copy(&snapshot, bench.config.directory.clone());
    (bench.open(), seen)
}

async fn check(bench: Bench, egress: Arc<Egress>, witness: Witness) {
    let (log, seen) = restored(&bench, &egress, &witness).await;
    let verdict = compare_running(&log, &witness, &egress).await.unwrap();
    let Verdict::Conflict(Conflict::Older { size }) = verdict else { panic!("{verdict:?}") };
    assert_eq!(size, seen);
    // It does not help to write on: longer, it is still another log.
    records(&log, 60).await;
    log.close();
    drop(log);
    let log = bench.open();
    let verdict = compare_running(&log, &witness, &egress).await.unwrap();
    let Verdict::Conflict(conflict @ Conflict::Forked { .. }) = verdict else { panic!("{verdict:?}") };
    // A running server finds it as well, and takes no call any more.
    assert!(log.is_ready());
    let relay = Relay::new(log.clone(), Arc::clone(&egress), clock(), Vec::new(), vec![witness.clone()]);
    let (stop, stopping) = watch::channel(false);
    let ended = tokio::spawn(relay.follow(stopping));
    until("the log takes no call", || !log.is_ready()).await;
    stop.send(true).unwrap();
    ended.await.unwrap();
    log.close();
    drop(log);
    // The operator says that it is known.
    let log = bench.open();
    let event = OperatorEvent::RestoreAccepted {
        by: None,
        witness: witness.name.clone(),
        witness_records: conflict.size(),
        records: log.size(),
        reason: "the disk broke".to_owned(),
    };
    log.record(event).await.unwrap();
    let verdict = compare_running(&log, &witness, &egress).await.unwrap();
    let agreed = matches!(verdict, Verdict::Accepted(_) | Verdict::Agrees { .. });
    assert!(agreed, "{verdict:?}");
    log.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_log_is_told_by_a_file_elsewhere() {
    let bench = Bench::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("checkpoints");
    let egress = egress("127.0.0.1", 9, Scheme::Http, Vec::new());
    let witness = Witness { name: "office".to_owned(), kind: WitnessKind::File(path.clone()) };
    let (log, seen) = restored(&bench, &egress, &witness).await;
    let verdict = compare_running(&log, &witness, &egress).await.unwrap();
    assert!(matches!(verdict, Verdict::Conflict(Conflict::Older { size }) if size == seen), "{verdict:?}");
    records(&log, 60).await;
    log.close();
    let verdict = compare_running(&log, &witness, &egress).await.unwrap();
    assert!(matches!(verdict, Verdict::Conflict(Conflict::Forked { size }) if size == seen), "{verdict:?}");
    // From the files alone, as `audit verify --witness` does.
    let view = audit::View::of_directory(&bench.config.directory).unwrap();
    let verdict = compare(&view, &witness, &egress, None).await.unwrap();
    assert!(matches!(verdict, Verdict::Conflict(Conflict::Forked { size }) if size == seen), "{verdict:?}");
    // A file that was taken away is no agreement.
    std::fs::remove_file(&path).unwrap();
    let error = compare_running(&log, &witness, &egress).await.unwrap_err();
    assert!(error.to_string().contains("held one before"), "{error}");
    // Nor is one that another log's key signed.
    let other = Bench::new();
    let foreign = other.open();
    records(&foreign, 3).await;
    foreign.close();
    std::fs::write(&path, foreign.checkpoint_note()).unwrap();
    let error = compare_running(&log, &witness, &egress).await.unwrap_err();
    assert!(error.to_string().contains("no checkpoint of this log"), "{error}");
}

/// A witness of C2SP tlog-witness whose checks are other people's code.
struct Stock {
    key: String,
    seen: Mutex<(u64, Hash)>,
}

impl Stock {
    /// The answer to one body: status and text.
    fn add_checkpoint(&self, body: &str) -> (u16, String) {
        let (head, note) = body.split_once("\n\n").unwrap();
        let mut lines = head.lines();
        let old: u64 = lines.next().unwrap().strip_prefix("old ").unwrap().parse().unwrap();
        let proof: Vec<Hash> = lines.map(|line| Hash::parse_hash(line).unwrap()).collect();
        let verifier = StandardVerifier::new(self.key.trim()).unwrap();
        let parsed = Note::from_bytes(note.as_bytes()).unwrap();
        let Ok((verified, _)) = parsed.verify(&VerifierList::new(vec![Box::new(verifier)])) else {
            return (403, String::new());
        };
        assert_eq!(verified.len(), 1);
        let checkpoint = Checkpoint::from_bytes(parsed.text()).unwrap();
        let mut seen = self.seen.lock().unwrap();
        if old > checkpoint.size() {
            return (400, String::new());
        }
        if old != seen.0 || (old == checkpoint.size() && *checkpoint.hash() != seen.1) {
            return (409, format!("{}\n", seen.0));
        }
        let is_consistent = old == 0
            || old == checkpoint.size()
            || check_tree(&proof, checkpoint.size(), *checkpoint.hash(), old, seen.1).is_ok();
        if !is_consistent {
            return (422, String::new());
        }
        *seen = (checkpoint.size(), *checkpoint.hash());
        (200, "— witness.example/w1 AAAA\n".to_owned())
    }

    async fn serve(self: Arc<Self>, listener: TcpListener) {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            let (head, length) = loop {
                let mut part = [0; 4096];
                let read = stream.read(&mut part).await.unwrap_or_default();
                request.extend_from_slice(&part[..read]);
                let text = String::from_utf8_lossy(&request).into_owned();
                if let Some((head, _)) = text.split_once("\r\n\r\n") {
                    let length = head
                        .lines()
                        .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                    break (head.len() + 4, length.unwrap_or(0usize));
                }
                if read == 0 {
                    return;
                }
            };
            assert!(request.starts_with(b"POST /log/add-checkpoint HTTP/1.1\r\n"));
            while request.len() < head + length {
                let mut part = [0; 4096];
                let read = stream.read(&mut part).await.unwrap();
                request.extend_from_slice(&part[..read]);
            }
            let (status, text) = self.add_checkpoint(std::str::from_utf8(&request[head..]).unwrap());
            let answer = format!(
                "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{text}",
                text.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_log_is_told_by_a_c2sp_witness_that_other_people_s_code_decides_for() {
    let bench = Bench::new();
    let log = bench.open();
    let key = log.public_key().to_string();
    log.close();
    drop(log);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let stock = Arc::new(Stock { key, seen: Mutex::new((0, Hash([0; 32]))) });
    tokio::spawn(Arc::clone(&stock).serve(listener));
    let egress = egress("127.0.0.1", port, Scheme::Http, Vec::new());
    let kind = WitnessKind::Url { destination: "sink".to_owned(), path: "/log".to_owned() };
    check(bench, egress, Witness { name: "city".to_owned(), kind }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_witness_s_signature_is_kept_beside_the_log() {
    let bench = Bench::new();
    let log = bench.open();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let key = log.public_key().to_string();
    let stock = Arc::new(Stock { key, seen: Mutex::new((0, Hash([0; 32]))) });
    tokio::spawn(Arc::clone(&stock).serve(listener));
    let egress = egress("127.0.0.1", port, Scheme::Http, Vec::new());
    let kind = WitnessKind::Url { destination: "sink".to_owned(), path: "/log".to_owned() };
    let witness = Witness { name: "city".to_owned(), kind };
    records(&log, 20).await;
    follow(&log, &egress, &witness).await;
    let kept = String::from_utf8(log.cursor("city").unwrap().unwrap()).unwrap();
    assert!(
        kept.ends_with("— witness.example/w1 AAAA\n") && kept.starts_with("secure-mcp/node-1\n20\n"),
        "{kept}"
    );
    assert_eq!(stock.seen.lock().unwrap().0, 20);
}
