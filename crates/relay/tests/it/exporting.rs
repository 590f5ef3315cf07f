//! Exporters against receivers that are down for a while: nothing lost, nothing twice.

use crate::support::{Bench, Receiver, clock, egress, record, records, until};
use audit::{Audit, Personal};
use domain::Secret;
use egress::{Egress, Scheme};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use relay::{Exporter, Numbers, Relay, Sink};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;

struct Running {
    log: Audit,
    stop: watch::Sender<bool>,
    ended: JoinHandle<()>,
    numbers: Arc<Numbers>,
}

impl Running {
    fn start(log: &Audit, egress: &Arc<Egress>, sink: Sink, personal: Personal) -> Self {
        let exporter = Exporter { name: "siem".to_owned(), sink, personal };
        let relay = Relay::new(log.clone(), Arc::clone(egress), clock(), vec![exporter], Vec::new());
        let numbers = relay.numbers();
        let (stop, stopping) = watch::channel(false);
        Self { log: log.clone(), stop, ended: tokio::spawn(relay.follow(stopping)), numbers }
    }

    fn lag(&self) -> u64 {
        self.numbers.now(self.log.size())[0].lag_records
    }

    fn failures(&self) -> u64 {
        self.numbers.now(self.log.size())[0].failures
    }

    async fn stop(self) {
        self.stop.send(true).unwrap();
        self.ended.await.unwrap();
    }
}

fn received(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    // A line that is being written is no record yet.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn indexes(file: &Path) -> Vec<u64> {
    received(file).iter().map(|record| record["index"].as_u64().unwrap()).collect()
}

async fn arrives(log: &Audit, file: &Path) {
    let size = log.size();
    until("everything arrives", || indexes(file).last().is_some_and(|last| *last + 1 == size)).await;
}

fn receiver(destination: &str, path: &str) -> relay::Receiver {
    relay::Receiver {
        destination: destination.to_owned(),
        path: path.to_owned(),
        credential: Some(Secret::new("Bearer s3cret".to_owned())),
    }
}

/// Records while the receiver is up, while it is down for a while, while the server restarts, and after.
async fn check(mode: &str, sink: Sink, host: &str, scheme: Scheme, tls: Option<(&Path, &Path, Vec<u8>)>) {
    let bench = Bench::new();
    let file = bench.path("received");
    let more: Vec<&Path> = tls.iter().flat_map(|(cert, key, _)| [*cert, *key]).collect();
    let process = Receiver::start(mode, 0, &file, &more);
    let port = process.port;
    let egress = egress(host, port, scheme, tls.iter().map(|(_, _, pem)| pem.clone()).collect());
    let log = bench.open();
    let running = Running::start(&log, &egress, sink.clone(), Personal::Sealed);
    records(&log, 300).await;
    arrives(&log, &file).await;

    process.stop();
    records(&log, 300).await;
    until("the receiver is missed", || running.failures() > 0).await;
    assert!(running.lag() >= 300, "{}", running.lag());
    // The server goes down and comes back while the receiver is away.
    running.stop().await;
    log.close();
    drop(log);
    let log = bench.open();
    let running = Running::start(&log, &egress, sink, Personal::Sealed);
    records(&log, 100).await;
    let process = Receiver::start(mode, port, &file, &more);
    arrives(&log, &file).await;
    until("there is no lag", || running.lag() == 0).await;
    running.stop().await;
    process.stop();

    let size = log.size();
    assert_eq!(indexes(&file), (0..size).collect::<Vec<_>>(), "nothing lost, nothing twice, in order");
    assert!(size > 700);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("wilhelmina"), "personal fields stay sealed");
    let ids: HashSet<String> =
        received(&file).iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len() as u64, size);
    log.close();
}

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    sink: Option<String>,
}

/// The family Audit of attacks, row A10: `crates/audit/tests/attacks.toml`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_is_down_for_a_while_misses_nothing_and_gets_nothing_twice() {
    let cases: Cases = toml::from_str(include_str!("../../../audit/tests/attacks.toml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert_file, key_file) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert_file, cert.pem()).unwrap();
    std::fs::write(&key_file, signing_key.serialize_pem()).unwrap();
    let mut passed = 0;
    for sink in cases.case.into_iter().filter_map(|case| case.sink) {
        let clear = |sink| check("http", sink, "127.0.0.1", Scheme::Http, None);
        match sink.as_str() {
            "webhook" => clear(Sink::Webhook(receiver("sink", "/records"))).await,
            "otlp" => clear(Sink::Otlp(receiver("sink", "/v1/logs"))).await,
            "syslog" => {
                let tls = Some((cert_file.as_path(), key_file.as_path(), cert.pem().into_bytes()));
                check("syslog", Sink::Syslog("sink".to_owned()), "localhost", Scheme::Https, tls).await;
            }
            other => panic!("{other}"),
        }
        passed += 1;
    }
    assert_eq!(passed, 3);
    println!("{passed} passed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_is_killed_loses_nothing_and_a_second_delivery_has_the_same_identifier() {
    let bench = Bench::new();
    let file = bench.path("received");
    let mut process = Receiver::start("http", 0, &file, &[]);
    let port = process.port;
    let egress = egress("127.0.0.1", port, Scheme::Http, Vec::new());
    let log = bench.open();
    let running = Running::start(&log, &egress, Sink::Webhook(receiver("sink", "/")), Personal::Sealed);
    for _ in 0..5 {
        records(&log, 60).await;
        process.kill();
        process = Receiver::start("http", port, &file, &[]);
    }
    arrives(&log, &file).await;
    running.stop().await;
    let size = log.size();
    let unique: HashSet<u64> = indexes(&file).into_iter().collect();
    assert_eq!(unique, (0..size).collect(), "nothing lost");
    let ids: HashSet<String> =
        received(&file).iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len() as u64, size, "a second delivery has the identifier of the first");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_gets_every_record_once_also_after_a_line_that_broke_off_and_without_its_cursor() {
    let bench = Bench::new();
    let file = bench.path("records.jsonl");
    let egress = egress("127.0.0.1", 9, Scheme::Http, Vec::new());
    let log = bench.open();
    let running = Running::start(&log, &egress, Sink::File(file.clone()), Personal::Clear);
    records(&log, 300).await;
    arrives(&log, &file).await;
    running.stop().await;
    assert!(std::fs::read_to_string(&file).unwrap().contains("wilhelmina"), "asked for in clear");
    // The server was killed between the file and the cursor, and in the middle of a line.
    std::fs::remove_file(bench.config.directory.join("siem.cursor")).unwrap();
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str("{\"index\": 30");
    std::fs::write(&file, text).unwrap();
    record(&log, "ana").await;
    let running = Running::start(&log, &egress, Sink::File(file.clone()), Personal::Clear);
    arrives(&log, &file).await;
    running.stop().await;
    assert_eq!(indexes(&file), (0..log.size()).collect::<Vec<_>>());
    // A folder in its place is no file: the log goes on, the exporter says that it does not.
    let running = Running::start(&log, &egress, Sink::File(bench.home.path().to_owned()), Personal::Sealed);
    until("the failure is counted", || running.failures() > 0).await;
    record(&log, "ana").await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_log_is_sent_from_its_beginning() {
    let (first, second) = (Bench::new(), Bench::new());
    let file = first.path("records.jsonl");
    let egress = egress("127.0.0.1", 9, Scheme::Http, Vec::new());
    for bench in [&first, &second] {
        let log = bench.open();
        records(&log, 5).await;
        let running = Running::start(&log, &egress, Sink::File(file.clone()), Personal::Sealed);
        until("there is no lag", || running.lag() == 0 && running.numbers.now(5)[0].acknowledged == 5).await;
        running.stop().await;
        log.close();
    }
    assert_eq!(indexes(&file), [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_call_becomes_one_span_of_the_conventions_that_names_no_person() {
    let bench = Bench::new();
    let file = bench.path("received");
    let process = Receiver::start("http", 0, &file, &[]);
    let egress = egress("127.0.0.1", process.port, Scheme::Http, Vec::new());
    let log = bench.open();
    records(&log, 30).await;
    let running =
        Running::start(&log, &egress, Sink::OtlpTraces(receiver("sink", "/v1/traces")), Personal::Clear);
    until("every span arrives", || received(&file).len() == 30).await;
    running.stop().await;
    process.stop();
    let spans = received(&file);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("wilhelmina") && !text.contains("quickstart") && !text.contains("acme"));
    let ids: HashSet<&str> = spans.iter().map(|span| span["traceId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 30);
    for span in &spans {
        assert_eq!(
            (span["traceId"].as_str().unwrap().len(), span["spanId"].as_str().unwrap().len()),
            (32, 16)
        );
        assert_eq!((&span["name"], &span["kind"]), (&"tools/call payroll".into(), &2.into()));
        let nanos = |key: &str| span[key].as_str().unwrap().parse::<u128>().unwrap();
        assert_eq!(nanos("endTimeUnixNano") - nanos("startTimeUnixNano"), 1000);
        let attribute = |key: &str| {
            let attributes = span["attributes"].as_array().unwrap();
            let found = attributes.iter().find(|one| one["key"] == key);
            found.map(|one| one["value"]["stringValue"].as_str().unwrap().to_owned())
        };
        assert_eq!(attribute("mcp.method.name").as_deref(), Some("tools/call"));
        assert_eq!(attribute("gen_ai.tool.name").as_deref(), Some("payroll"));
        assert_eq!(attribute("error.type").as_deref(), Some("denied"));
        assert_eq!(span["status"]["code"], 2);
    }
}
