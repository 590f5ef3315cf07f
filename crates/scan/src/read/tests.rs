//! Big outputs wait for their own room, and what is over the limit is not scanned at all.

use super::{Reading, least_bytes, read};
use crate::places::Sight;
use crate::refusal::Read;
use crate::{Actions, OutputScanner};
use domain::{Control, ControlVerdict, Refusal, RefusalCode, Untrusted, Verdict};
use execute::Output;
use serde_json::json;
use sift::{Scanner, ScannerConfig};
use std::sync::mpsc;
use std::time::Duration;
use tokio::runtime::Builder;
use validate::Aside;

const NO_LIMIT: u64 = u64::MAX;
const FOR_EVER: Duration = Duration::from_secs(60);

fn scanner(aside: Aside) -> OutputScanner {
    let sift = Scanner::new(ScannerConfig::default()).unwrap();
    OutputScanner { aside, ..OutputScanner::new(sift, Actions::default()) }
}

fn output(bytes: usize) -> Untrusted<Output> {
    Untrusted::new(Output::of_structured(json!({ "text": "word ".repeat(bytes / 5) })))
}

async fn reading(output: Untrusted<Output>, scanner: &OutputScanner, limit: u64) -> Reading {
    read(output, scanner, Sight { unredacted: false }, limit).await
}

#[test]
fn a_big_output_does_not_hold_up_a_small_one() {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let aside = Aside::with_room(1);
        let scanner = scanner(aside.clone());
        // The one room for big work is taken until the small output is read.
        let (read_small, small_is_read) = mpsc::channel();
        let taken =
            tokio::spawn(async move { aside.run(move || small_is_read.recv_timeout(FOR_EVER)).await });
        let own = scanner.clone();
        let big = tokio::spawn(async move { reading(output(1 << 20), &own, NO_LIMIT).await });
        tokio::task::yield_now().await;
        let small = tokio::spawn(async move { reading(output(1 << 10), &scanner, NO_LIMIT).await });
        assert!(small.await.unwrap().body.is_ok());
        assert!(!big.is_finished());
        read_small.send(()).unwrap();
        assert_eq!(taken.await.unwrap().unwrap(), Ok(()));
        assert!(big.await.unwrap().body.is_ok());
    });
}

#[test]
fn an_output_over_the_limit_is_refused_unread_and_says_so() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let scanner = scanner(Aside::with_room(1));
        let over = reading(output(1 << 20), &scanner, 1000).await;
        assert_eq!(over.body.unwrap_err().code(), RefusalCode::LimitExceeded);
        let looked = over.verdicts.iter().filter(|verdict| verdict.lets_pass());
        assert_eq!(looked.map(|verdict| verdict.verdict).collect::<Vec<_>>(), [Verdict::NotConfigured]);
    });
}

#[test]
fn the_measure_is_never_more_than_the_text() {
    for value in [json!(null), json!([]), json!({}), json!([1, "a", { "b": [true, "\"\n"], "c": 1e300 }])] {
        assert!(least_bytes(&value) <= value.to_string().len() as u64, "{value}");
    }
}

#[test]
fn a_refusal_without_output_says_what_was_read_in_its_place() {
    let scanner = scanner(Aside::with_room(1));
    let said = |reading: &Reading| {
        let words = |verdict: &ControlVerdict| (verdict.name, verdict.verdict, verdict.detail.clone());
        reading.verdicts.iter().map(words).collect::<Vec<_>>()
    };
    let read = |verdict| move |control| (control, verdict, Some("no output; the refusal was read".into()));
    let malware = (Control::ScanMalware, Verdict::NotConfigured, None);
    let of_data = [Control::ScanPersonalData, Control::ScanHiddenText].map(read(Verdict::Pass));

    let plain = Reading::of_nothing(Refusal::new(RefusalCode::Timeout, "too slow"), &scanner);
    let secrets = read(Verdict::Pass)(Control::ScanSecrets);
    assert_eq!(said(&plain), [vec![secrets], of_data.to_vec(), vec![malware.clone()]].concat());
    assert_eq!(plain.findings.len(), 0);

    let key = ["AK", "IAQ7XK2LMZ6RTB4VNC"].concat();
    let hint = format!("no table with the name {key}");
    let quoting = Refusal::new(RefusalCode::InvalidArguments, "no table").with_hint(hint);
    let quoting = Reading::of_nothing(quoting, &scanner);
    let secrets = read(Verdict::Changed)(Control::ScanSecrets);
    assert_eq!(said(&quoting), [vec![secrets], of_data.to_vec(), vec![malware]].concat());
    assert_eq!(quoting.findings.len(), 1, "{:?}", quoting.findings);
    let sent = Read::of(quoting.body.as_ref().unwrap_err(), &scanner);
    assert!(!sent.sentence.contains(&key) && !sent.data.to_string().contains(&key), "{}", sent.sentence);
}
