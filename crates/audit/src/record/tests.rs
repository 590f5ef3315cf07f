//! The bytes of a record, field by field.

use super::*;
use crate::log::OpenCall;
use crate::samples::{self, StillClock};
use crate::subjects::Subjects;
use crate::tree::leaf_hash;
use domain::{Clock, RefusalCode};
use secrets::KeyStore;
use serde_json::Value;
use std::collections::BTreeMap;

struct Desk {
    _home: tempfile::TempDir,
    subjects: Subjects,
}

fn desk() -> Desk {
    let home = tempfile::tempdir().unwrap();
    let keys = KeyStore::open(&home.path().join("keys")).unwrap();
    let (subjects, _) = Subjects::load(b"", keys).unwrap();
    Desk { _home: home, subjects }
}

/// One record of each kind.
fn every_record(desk: &Desk) -> Vec<Vec<u8>> {
    let now = StillClock.now();
    let actor = actor_of(&desk.subjects, &samples::principal("ana")).unwrap();
    let open = OpenCall {
        call: samples::call(1),
        index: 7,
        tool: Some("database-query".parse().unwrap()),
        actor: Some(actor.clone()),
    };
    let codes =
        BTreeMap::from([(RefusalCode::Unauthenticated.name(), 3), (RefusalCode::TokenExpired.name(), 1)]);
    let carried = Carried {
        note: "a\nnote\n".to_owned(),
        last_policy: Some(domain::Digest::of(b"policy")),
        open: vec![(7, samples::call(1))],
        records: 1,
    };
    let listed = crate::Listed {
        call: samples::call(2),
        who: samples::who("ana"),
        method: "tools/list",
        entries: 4,
        policy: None,
    };
    let mut records = vec![
        intent(&samples::intent("ana", 1), &actor, now).unwrap(),
        outcome(&samples::outcome(), &open, now).unwrap(),
        abandoned(&open, "dropped", now).unwrap(),
        refused(&samples::refused("ana", 3), &actor, now).unwrap(),
        super::listed(&listed, &actor, now).unwrap(),
        refused_from(Some([198, 51, 100, 9].into()), &codes, now, &actor, now).unwrap(),
        over_quota(5, now, &actor, now).unwrap(),
        rolled(&carried, now).unwrap().remove(0),
        super::dropped(0, 5, &[3; 32], now).unwrap(),
    ];
    records
        .extend(samples::operator_events().iter().map(|event| operator(event, &desk.subjects, now).unwrap()));
    records
}

/// `value` in the form of RFC 8785, for keys of ASCII and whole numbers.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(entries) => {
            let sorted: BTreeMap<_, _> = entries.iter().collect();
            let entries: Vec<String> = sorted
                .iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", entries.join(","))
        }
        Value::Array(entries) => format!("[{}]", entries.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

#[test]
fn every_record_is_canonical_json_with_the_ocsf_fields() {
    let desk = desk();
    let records = every_record(&desk);
    assert_eq!(records.len(), 29);
    for record in &records {
        let text = std::str::from_utf8(json_of(record)).unwrap();
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(text, canonical(&value));
        let number = |field: &str| value[field].as_u64().unwrap();
        assert_eq!(number("type_uid"), number("class_uid") * 100 + number("activity_id"));
        assert_eq!(number("category_uid"), number("class_uid") / 1000);
        assert_eq!(value["metadata"]["version"], "1.9.0");
        assert_eq!(Header::read(record).unwrap().event.name(), value["activity_name"]);
        assert_eq!(Header::read(record).unwrap().time.0, number("time"));
    }
}

#[test]
fn no_record_holds_a_person_in_clear() {
    let desk = desk();
    for record in every_record(&desk) {
        let text = String::from_utf8_lossy(json_of(&record)).into_owned();
        for word in [
            "\"ana\"",
            "ana ",
            " ana\"",
            "ana@",
            "\"sam\"",
            "\"dev\"",
            "\"root\"",
            "203.0.113",
            "198.51",
            "SampleAgent",
            "nicely",
        ] {
            assert!(!text.contains(word), "`{word}` in {text}");
        }
    }
}

#[test]
fn control_signs_appear_as_escapes_only() {
    let mut json = crate::json::Writer::object_after(Vec::new());
    let nasty: String = (0..=0x2100u32).filter_map(char::from_u32).chain(['\u{feff}', '\u{e0041}']).collect();
    json.key("text").string(&nasty);
    let text = String::from_utf8(json.finish()).unwrap();
    assert!(!text.chars().any(|sign| sign.is_control() || ('\u{200b}'..='\u{200f}').contains(&sign)));
    assert!(!text.chars().any(|sign| ('\u{202a}'..='\u{202e}').contains(&sign) || sign == '\u{e0041}'));
    let back: Value = serde_json::from_str(&text).unwrap();
    let back = back["text"].as_str().unwrap();
    assert!(back.starts_with("\0\u{1}") && back.contains("\u{1b}"));
}

#[test]
fn a_record_opens_again_until_its_subject_is_erased() {
    let desk = desk();
    let now = StillClock.now();
    let actor = actor_of(&desk.subjects, &samples::principal("ana")).unwrap();
    let record = refused(&samples::refused("ana", 3), &actor, now).unwrap();
    let read = crate::opened::open_record(&record, &desk.subjects).unwrap();
    assert_eq!(read.body["actor"]["user"]["name"], "ana");
    assert_eq!(read.body["src_endpoint"]["ip"], "203.0.113.77");
    assert_eq!(read.body["api"]["operation"], "payroll\n\u{1b}[2J of ana");
    assert_eq!(read.body["status_detail"], "rule `no-salaries` forbids ana");
    let intent = intent(&samples::intent("ana", 1), &actor, now).unwrap();
    let read = crate::opened::open_record(&intent, &desk.subjects).unwrap();
    assert_eq!(read.body["unmapped"]["remarks"][0], "because ana@acme.example asked");
    assert_eq!(read.body["http_request"]["user_agent"], "SampleAgent/7");

    let ana = crate::subjects::SubjectName::Person("acme".parse().unwrap(), "ana".parse().unwrap());
    let erasure = desk.subjects.without(&ana).unwrap().unwrap();
    desk.subjects.erased(erasure).unwrap();
    let read = crate::opened::open_record(&record, &desk.subjects).unwrap();
    assert_eq!(read.body["actor"]["user"]["name"], "(erased)");
    assert_eq!(read.body["actor"]["user"]["uid"], actor.key.to_string());
}

#[test]
fn an_approval_opens_for_both_people() {
    let desk = desk();
    let granted = &samples::operator_events()[5];
    let record = operator(granted, &desk.subjects, StillClock::START).unwrap();
    let read = crate::opened::open_record(&record, &desk.subjects).unwrap();
    assert_eq!(read.body["actor"]["user"]["name"], "sam");
    assert_eq!(read.body["user"]["name"], "dev");
    assert_eq!(read.body["unmapped"]["reason"], "dev asked nicely");
}

#[test]
fn the_bytes_of_record_and_frame_are_those_of_the_document() {
    let open = OpenCall {
        call: samples::call(1),
        index: 7,
        tool: Some("echo".parse().unwrap()),
        actor: Some(Actor {
            tenant: Some("acme".parse().unwrap()),
            client: Some("quickstart".parse().unwrap()),
            key: KeyId([0xaa; 16]),
            subject: None,
        }),
    };
    let mut record = abandoned(&open, "dropped", StillClock::START).unwrap();
    set_index(&mut record, 9);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let header = concat!(
        "01080000",                         // version 1, event 8 (abandoned), two zero bytes
        "0000000000000009",                 // index
        "000001a1ee565e00",                 // time
        "01a1ee565e0001010000000000000001", // call
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", // key
        "0000000000000007",                 // intent
    );
    assert_eq!(hex(&record[..HEADER_BYTES]), header);
    let json = concat!(
        r#"{"activity_id":99,"activity_name":"abandoned","#,
        r#""actor":{"user":{"uid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}},"ai_agent":{"uid":"quickstart"},"#,
        r#""api":{"operation":"echo","request":{"uid":"CALL"}},"category_uid":6,"class_uid":6003,"#,
        r#""metadata":{"correlation_uid":"CALL","product":{"name":"Secure MCP Server","#,
        r#""vendor_name":"Secure MCP Server","version":"VERSION"},"profiles":["ai_operation"],"#,
        r#""tenant_uid":"acme","version":"1.9.0"},"severity_id":2,"status_id":0,"time":1795000000000,"#,
        r#""type_uid":600399,"unmapped":{"cause":"dropped","intent":7}}"#,
    );
    let json =
        json.replace("CALL", &samples::call(1).to_string()).replace("VERSION", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8_lossy(json_of(&record)), json);

    let mut framed = Vec::new();
    let leaf = put_frame(&mut framed, &record, 2);
    assert_eq!(leaf, leaf_hash(&record));
    let length = record.len() as u32;
    let mut checked = length.to_be_bytes().to_vec();
    checked.extend_from_slice(&2u32.to_be_bytes());
    let head = [b"smr1".as_slice(), &checked].concat();
    checked.extend_from_slice(&leaf);
    let check = domain::Digest::of(&checked);
    assert_eq!(framed, [head.as_slice(), &check.as_bytes()[..8], &record].concat());
    let frame = read_frame(&framed).unwrap();
    assert_eq!((frame.batch(), frame.leaf, frame.record), (7, leaf, record.as_slice()));
}

#[test]
fn a_frame_with_any_bit_flipped_is_noticed() {
    let record = rolled(&Carried::default(), StillClock::START).unwrap().remove(0);
    let mut framed = Vec::new();
    let _leaf = put_frame(&mut framed, &record, 0);
    for bit in 0..framed.len() * 8 {
        let mut changed = framed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(read_frame(&changed).is_err(), "bit {bit}");
    }
    for cut in 0..framed.len() {
        let error = read_frame(&framed[..cut]).unwrap_err();
        let expected = if cut == 0 { BadFrame::End } else { BadFrame::Incomplete };
        assert_eq!(error, expected, "cut at {cut}");
        let mut padded = framed[..cut].to_vec();
        padded.resize(framed.len() + 64, 0);
        assert!(
            matches!(read_frame(&padded).unwrap_err(), BadFrame::End | BadFrame::Incomplete),
            "zeros from {cut}"
        );
    }
}

#[test]
fn what_a_segment_carries_over_reads_back() {
    let carried = Carried {
        note: "origin\n5\nroot\n\n— origin sig\n".to_owned(),
        last_policy: Some(domain::Digest::of(b"policy")),
        open: (0..5_000).map(|number| (number, samples::call(number))).collect(),
        records: 3,
    };
    let records = rolled(&carried, StillClock::START).unwrap();
    assert_eq!(records.len(), 3);
    let mut read = Carried::default();
    for record in records {
        assert!(record.len() <= crate::limits::MAX_RECORD_BYTES, "{}", record.len());
        let part = read_carried(&record).unwrap();
        let open = [read.open, part.open.clone()].concat();
        read = Carried { open, ..part };
    }
    assert_eq!(read, carried);
}

#[test]
fn long_texts_and_lists_stay_under_the_limit() {
    let desk = desk();
    let actor = actor_of(&desk.subjects, &samples::principal("ana")).unwrap();
    let mut big = samples::intent("ana", 1);
    big.reasons = vec!["é".repeat(5000); 1000];
    big.who.user_agent = Some("u".repeat(100_000));
    big.approval = Some("\u{1}".repeat(100_000));
    big.controls = vec![big.controls[0].clone().because("d".repeat(10_000)); 500];
    let record = intent(&big, &actor, StillClock::START).unwrap();
    assert!(record.len() <= crate::limits::MAX_RECORD_BYTES, "{}", record.len());
}
