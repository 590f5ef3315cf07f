//! What one principal or one address can make the log write.

use crate::support::{Bench, call_id, intent, outcome, refused, run, who};
use audit::{Event, Listed};
use domain::RefusalCode;
use std::net::IpAddr;
use std::time::{Duration, Instant};

#[test]
fn a_principals_share_of_the_day_ends_and_renews() {
    let mut bench = Bench::new();
    bench.config.per_principal_mib_day = 1;
    let (log, _) = bench.open().unwrap();
    let mut number = 0;
    let refusal = loop {
        number += 1;
        match run(log.intent(intent("ana", number))) {
            Ok(receipt) => drop(run(log.outcome(receipt, outcome())).unwrap()),
            Err(refusal) => break refusal,
        }
        assert!(number < 2000, "no limit");
    };
    assert_eq!(refusal.code(), RefusalCode::QuotaExhausted);
    assert!(refusal.retry_after_ms().unwrap() <= 24 * 60 * 60 * 1000);
    // What is left may still hold a smaller record or two.
    let refusal = (5000..5010).find_map(|number| run(log.refused(refused("ana", number))).err()).unwrap();
    assert_eq!(refusal.code(), RefusalCode::QuotaExhausted);
    let listed = Listed { call: call_id(1), who: who("ana"), method: "tools/list", entries: 0, policy: None };
    let listed = (0..10).find_map(|_| log.listed(listed.clone()).err()).unwrap();
    assert_eq!(listed.code(), RefusalCode::QuotaExhausted);
    run(log.intent(intent("dev", 6000))).map(drop).unwrap();
    assert!(log.is_ready());
    bench.advance(Duration::from_secs(24 * 60 * 60));
    run(log.intent(intent("ana", 6001))).map(drop).unwrap();
    log.close();
    let (log, _) = bench.open().unwrap();
    let sums: Vec<_> = log
        .tail(50)
        .unwrap()
        .into_iter()
        .filter(|record| record.event == Event::Refused && record.body["count"].is_u64())
        .collect();
    assert_eq!(sums.len(), 1, "three refusals in one record");
    assert_eq!(
        (&sums[0].body["count"], &sums[0].body["unmapped"]["stage"]),
        (&3.into(), &"audit_quota".into())
    );
}

#[test]
fn refusals_before_authentication_become_one_record_per_address_and_minute() {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    let address = |number: u32| IpAddr::from((0x0a00_0000u32 + number).to_be_bytes());
    for number in 0..3000 {
        log.refused_before_authentication(address(number), RefusalCode::Unauthenticated);
        log.refused_before_authentication(address(7), RefusalCode::TokenExpired);
    }
    assert!(log.tail(10).unwrap().is_empty(), "nothing before the minute is over");
    bench.advance(Duration::from_secs(61));
    // The thread looks about once per interval, and with any other record.
    let start = Instant::now();
    while log.tail(1).unwrap().len() + log.tail(10_000).unwrap().len() < 1025 {
        assert!(start.elapsed() < Duration::from_secs(30), "no sums");
        let _nudge = run(log.refused(refused("ana", 1)));
    }
    let records = log.tail(10_000).unwrap();
    let sums: Vec<_> =
        records.iter().filter(|record| record.body["unmapped"]["stage"] == "before_authentication").collect();
    assert_eq!(sums.len(), 1025, "1024 addresses and the rest");
    let total: u64 = sums.iter().map(|record| record.body["count"].as_u64().unwrap()).sum();
    assert_eq!(total, 6000);
    let seventh = sums.iter().find(|record| record.body["src_endpoint"]["ip"] == "10.0.0.7").unwrap();
    assert_eq!(seventh.body["unmapped"]["codes"]["token_expired"], 3000);
    assert_eq!(sums.iter().filter(|record| record.body.get("src_endpoint").is_none()).count(), 1);
}
