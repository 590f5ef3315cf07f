//! Nothing that was answered is lost when the power is cut, wherever it is cut.

use super::{Bench, run};
use crate::disk::memory::{Cut, MemoryDisk};
use crate::samples;
use crate::tree::Hash;
use crate::{Audit, Event};
use domain::CallId;
use std::collections::HashMap;
use std::sync::Mutex;

/// A small generator with a seed, so that a failing cut can be run again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// What the callers were told.
#[derive(Default)]
struct Told {
    intents: HashMap<CallId, (u64, Hash)>,
    outcomes: HashMap<CallId, (u64, u64, Hash)>,
    records: Vec<(u64, Hash)>,
}

/// Calls by one caller until the log refuses.
async fn call_until_cut(log: &Audit, caller: u64, calls: u64, told: &Mutex<Told>) {
    for number in 0..calls {
        let person = format!("person-{}", (caller + number) % 5);
        let id = caller * 1000 + number;
        if number % 7 == 3 {
            let Ok(receipt) = log.refused(samples::refused(&person, 1_000_000 + id)).await else { return };
            told.lock().unwrap().records.push((receipt.index(), *receipt.leaf()));
        }
        let Ok(receipt) = log.intent(samples::intent(&person, id)).await else { return };
        told.lock().unwrap().intents.insert(receipt.call(), (receipt.index(), *receipt.leaf()));
        if number % 11 == 5 {
            continue;
        }
        let Ok(receipt) = log.outcome(receipt, samples::outcome()).await else { return };
        let places = (receipt.intent_index(), receipt.outcome_index(), *receipt.leaf());
        told.lock().unwrap().outcomes.insert(receipt.call(), places);
    }
}

/// Cuts one run and checks what is left. True if the power was cut while calls ran.
pub(super) fn cut_once(bench: &Bench, seed: u64, callers: u64, calls: u64) -> bool {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let disk = MemoryDisk::default();
    let told = Mutex::new(Told::default());
    // An uncut run of this size has a few hundred operations; some cuts hit the opening, some nothing.
    disk.cut_after(dice.below(60 + (calls * 12) as usize) as u64);
    if let Ok((log, _)) = bench.open(&disk) {
        std::thread::scope(|scope| {
            for caller in 0..callers {
                let (log, told) = (&log, &told);
                scope.spawn(move || run(call_until_cut(log, caller, calls, told)));
            }
        });
        log.close();
    }
    let hit = disk.is_cut();
    let cut = [Cut::DropAll, Cut::KeepPrefix, Cut::KeepSectors][dice.below(3)];
    let healed = disk.after_cut(cut, |limit| dice.below(limit));
    let told = told.into_inner().unwrap();

    let (log, report) = bench.open(&healed).unwrap_or_else(|error| panic!("seed {seed}, {cut:?}: {error}"));
    for (call, (index, leaf)) in &told.intents {
        let records = log.show(*call).unwrap();
        let events: Vec<Event> = records.iter().map(|record| record.event).collect();
        assert_eq!((records[0].index, records[0].leaf), (*index, *leaf), "seed {seed}, {cut:?}");
        assert_eq!(records[0].body["actor"]["user"]["name"].as_str().map(|name| &name[..7]), Some("person-"));
        // Each call has exactly one end: its own, or that it was abandoned.
        assert_eq!(events.len(), 2, "seed {seed}, {cut:?}: {events:?}");
        assert!(log.has_intent(*call).unwrap());
        if let Some((intent, outcome, leaf)) = told.outcomes.get(call) {
            let end = (records[1].intent, records[1].index, records[1].leaf, records[1].event);
            assert_eq!(end, (Some(*intent), *outcome, *leaf, Event::Outcome), "seed {seed}, {cut:?}");
        }
    }
    let tail = log.tail(10_000).unwrap();
    assert_eq!(tail.len() as u64, report.records, "seed {seed}, {cut:?}");
    for (index, leaf) in &told.records {
        assert_eq!(tail[*index as usize].leaf, *leaf, "seed {seed}, {cut:?}");
    }
    log.close();
    let verified = bench.verify(&healed).unwrap_or_else(|error| panic!("seed {seed}, {cut:?}: {error}"));
    assert!(verified.records >= report.records && verified.signed_records == verified.records);
    hit && !told.intents.is_empty()
}

/// How many cuts to try: a few here, many where the long tests run.
fn cuts() -> u64 {
    #[allow(clippy::disallowed_methods, reason = "the long test's size comes from whoever starts it")]
    let wanted = std::env::var("AUDIT_CUTS").ok();
    wanted.map_or(200, |text| text.parse().unwrap())
}

#[test]
fn nothing_answered_is_lost_at_any_cut_of_the_power() {
    let bench = Bench::new();
    let hits = (1..=cuts()).filter(|seed| cut_once(&bench, *seed, 4, 20)).count() as u64;
    assert!(hits > cuts() / 2, "only {hits} of {} cuts hit a running call", cuts());
}

#[test]
fn sixty_four_callers_lose_nothing_when_the_power_is_cut() {
    let bench = Bench::new();
    for seed in 1000..1000 + cuts() / 40 {
        cut_once(&bench, seed, 64, 12);
    }
}

#[test]
fn a_torn_tail_is_cut_off_and_the_log_goes_on() {
    let bench = Bench::new();
    let disk = MemoryDisk::default();
    let (log, _) = bench.open(&disk).unwrap();
    let receipt = run(log.intent(samples::intent("ana", 1))).unwrap();
    run(log.outcome(receipt, samples::outcome())).unwrap();
    log.close();
    let path = bench.directory().join("00000000000000000000.seg");
    let whole = disk.shown(&path).unwrap();
    let mut torn = whole.clone();
    torn.extend_from_slice(&whole[32..300]);
    disk.put(&path, &torn);
    assert_eq!(bench.verify(&disk).unwrap().torn_bytes, 268);
    let (log, report) = bench.open(&disk).unwrap();
    assert_eq!((report.records, report.torn_bytes), (2, 268));
    let receipt = run(log.refused(samples::refused("ana", 2))).unwrap();
    assert_eq!(receipt.index(), 2);
    log.close();
    assert_eq!(bench.verify(&disk).unwrap().records, 3);
}

#[test]
fn a_damaged_record_that_was_durable_is_an_error_and_not_repaired() {
    let mut bench = Bench::new();
    bench.config.pace.checkpoint_records = 1000;
    bench.config.pace.checkpoint_interval = std::time::Duration::from_secs(1000);
    let disk = MemoryDisk::default();
    let (log, _) = bench.open(&disk).unwrap();
    for number in 0..6 {
        run(log.refused(samples::refused("ana", number))).unwrap();
    }
    // No close: nothing after the first record is under a signature.
    let left = disk.after_cut(Cut::DropAll, |_| 0);
    let path = bench.directory().join("00000000000000000000.seg");
    let mut bytes = left.shown(&path).unwrap();
    let third = bytes.windows(4).enumerate().filter(|(_, window)| *window == b"smr1").nth(3).unwrap().0;
    bytes[third + 100] ^= 1;
    left.put(&path, &bytes);
    let error = bench.open(&left).unwrap_err();
    assert!(error.to_string().starts_with("record 3 in "), "{error}");
    log.close();
}

#[test]
fn an_erasure_is_whole_or_not_begun_at_any_cut_of_the_power() {
    let (tenant, person) = ("acme".parse().unwrap(), "wilhelmina".parse().unwrap());
    let mut answered = 0;
    for at in 0..30 {
        for cut in [Cut::DropAll, Cut::KeepPrefix, Cut::KeepSectors] {
            let mut dice = Dice(at + 1);
            let bench = Bench::new();
            let disk = MemoryDisk::default();
            let (log, _) = bench.open(&disk).unwrap();
            run(log.refused(samples::refused("wilhelmina", 1))).unwrap();
            run(log.refused(samples::refused("ana", 2))).unwrap();
            disk.cut_after(at);
            let erased = log.erase(&tenant, &person).is_ok();
            answered += u64::from(erased);
            log.close();
            let healed = disk.after_cut(cut, |limit| dice.below(limit));
            let (log, _) = bench.open(&healed).unwrap_or_else(|error| panic!("{at}, {cut:?}: {error}"));
            let name =
                |number| log.show(samples::call(number)).unwrap()[0].body["actor"]["user"]["name"].clone();
            assert_eq!(name(2), "ana", "{at}, {cut:?}");
            assert!(name(1) == "(erased)" || !erased && name(1) == "wilhelmina", "{at}, {cut:?}");
            log.close();
        }
    }
    assert!(answered > 0 && answered < 90, "{answered} of 90 erasures were answered");
}

#[test]
fn an_erasure_that_fails_leaves_a_log_that_comes_back_whole() {
    let (tenant, person) = ("acme".parse().unwrap(), "wilhelmina".parse().unwrap());
    for writes in 1..6 {
        let bench = Bench::new();
        let disk = MemoryDisk::default();
        let (log, _) = bench.open(&disk).unwrap();
        run(log.refused(samples::refused("wilhelmina", 1))).unwrap();
        run(log.refused(samples::refused("ana", 2))).unwrap();
        if writes % 2 == 0 {
            disk.fail_syncs(writes / 2)
        } else {
            disk.fail_writes(writes)
        }
        let failed = log.erase(&tenant, &person).is_err();
        super::wait_until("recovery", || log.is_ready());
        assert!(failed, "{writes}");
        run(log.refused(samples::refused("eve", 3))).unwrap();
        log.erase(&tenant, &person).unwrap();
        log.close();
        let (log, _) = bench.open(&disk).unwrap();
        let name = |number| log.show(samples::call(number)).unwrap()[0].body["actor"]["user"]["name"].clone();
        assert_eq!((name(1), name(2), name(3)), ("(erased)".into(), "ana".into(), "eve".into()), "{writes}");
        log.close();
    }
}

#[test]
fn a_rotation_of_the_key_is_whole_or_not_begun_at_any_cut_of_the_power() {
    let mut answered = 0;
    for at in 0..30 {
        for cut in [Cut::DropAll, Cut::KeepPrefix, Cut::KeepSectors] {
            let mut dice = Dice(at + 1);
            let bench = Bench::new();
            let disk = MemoryDisk::default();
            let (log, _) = bench.open(&disk).unwrap();
            run(log.refused(samples::refused("ana", 1))).unwrap();
            let first = log.public_key();
            disk.cut_after(at);
            answered += u64::from(log.rotate_key().is_ok());
            log.close();
            let healed = disk.after_cut(cut, |limit| dice.below(limit));
            let (log, _) = bench.open(&healed).unwrap_or_else(|error| panic!("{at}, {cut:?}: {error}"));
            run(log.refused(samples::refused("ana", 2))).unwrap();
            assert!(log.view().chain().has(&first), "{at}, {cut:?}");
            log.close();
            bench.verify(&healed).unwrap_or_else(|error| panic!("{at}, {cut:?}: {error}"));
        }
    }
    assert!(answered > 0 && answered < 90, "{answered} of 90 rotations were answered");
}

#[test]
fn a_dropping_is_whole_or_not_begun_at_any_cut_of_the_power() {
    let mut answered = 0;
    for at in 0..60 {
        for cut in [Cut::DropAll, Cut::KeepPrefix, Cut::KeepSectors] {
            let mut dice = Dice(at + 1);
            let bench = Bench::new();
            let disk = MemoryDisk::default();
            let (log, _) = bench.open(&disk).unwrap();
            for number in 0..120 {
                run(log.refused(samples::refused("ana", number))).unwrap();
            }
            let size = log.size();
            disk.cut_after(at);
            let dropped = log.drop_before(samples::StillClock::START);
            answered += u64::from(dropped.is_ok());
            log.close();
            let healed = disk.after_cut(cut, |limit| dice.below(limit));
            let (log, _) = bench.open(&healed).unwrap_or_else(|error| panic!("{at}, {cut:?}: {error}"));
            assert!(log.size() >= size, "{at}, {cut:?}");
            assert!(dropped.is_err() || log.first() > 0, "{at}, {cut:?}");
            log.close();
            bench.verify(&healed).unwrap_or_else(|error| panic!("{at}, {cut:?}: {error}"));
        }
    }
    assert!(answered > 0 && answered < 180, "{answered} of 180 droppings were answered");
}
