//! The two forms of one result: its data, and the data as the text of a block.

use crate::places::{Pass, Sight};
use crate::{Actions, OutputScanner};
use execute::Output;
use proptest::prelude::*;
use serde_json::{Value, json};
use sift::{Scanner, ScannerConfig};
use std::sync::LazyLock;

static SCANNER: LazyLock<OutputScanner> =
    LazyLock::new(|| OutputScanner::new(Scanner::new(ScannerConfig::default()).unwrap(), Actions::default()));

/// The data after a reading, and the text that stands for it; `None` if the result was blocked.
fn forms(structured: Value) -> Option<(Value, Value)> {
    let mut output = Output::of_structured(structured);
    let mut pass = Pass::new(&SCANNER, Sight { unredacted: false });
    pass.result(&mut output.content, &mut output.structured);
    let text = output.content[0]["text"].as_str().unwrap();
    (!pass.tally.is_blocked()).then(|| (serde_json::from_str(text).unwrap(), output.structured))
}

fn table(columns: &[&str], rows: Value) -> Value {
    let named: Vec<Value> = columns.iter().map(|name| json!({ "name": name, "masked": false })).collect();
    json!({ "columns": named, "rows": rows, "row_count": 1, "truncated": false })
}

/// What is left of `value` alone in the last of `rows` rows below the column `name`.
fn cell(name: &str, value: &Value, rows: usize) -> Value {
    let mut cells = vec![json!(["a", "b", "c"]); rows];
    cells.push(json!(["a", value, "c"]));
    let (text, data) = forms(table(&["city", name, "note"], json!(cells))).unwrap();
    assert_eq!(text, data, "the two forms disagree");
    data["rows"][rows][1].clone()
}

#[test]
fn a_cell_is_read_under_the_name_of_its_column_in_both_forms() {
    for rows in [0, 1, 200] {
        for (name, value, kind) in [
            ("ssn", json!("123456789"), "us-ssn"),
            ("ssn", json!(123_456_789), "us-ssn"),
            ("phone_number", json!("5550143"), "phone"),
            ("phone_number", json!(5_550_143), "phone"),
            ("password", json!("Hunter2!x"), "assigned-secret"),
            ("password", json!(84_613_975), "assigned-secret"),
            ("card", json!(501_800_000_009_u64), "card"),
        ] {
            assert_eq!(cell(name, &value, rows), json!(format!("[redacted:{kind}]")), "{name} {value}");
            assert_eq!(cell("units", &value, rows), value, "{value} under a name that says nothing");
        }
    }
}

#[test]
fn a_number_is_read_under_its_key() {
    let (text, data) = forms(json!({ "n": [1, 2.5, -3], "ssn": 123_456_789 })).unwrap();
    assert_eq!(data, json!({ "n": [1, 2.5, -3], "ssn": "[redacted:us-ssn]" }));
    assert_eq!(text, data);
}

#[test]
fn what_only_the_text_shows_is_taken_out_of_the_data() {
    let (text, data) = forms(json!({ "pairs": [["phone", "5550143"], ["units", "5550144"]] })).unwrap();
    assert_eq!(data["pairs"][0][1], "[redacted:phone]");
    assert_eq!(text, data);
    let key = ["-----BEGIN PRIVATE", " KEY-----"].concat();
    let (text, data) = forms(json!({ "lines": [key, "QUJDREVGR0hJ", "and\n\"more\""] })).unwrap();
    assert_eq!(data["lines"][0], "[redacted:private-key]");
    assert_eq!(text, data);
}

#[test]
fn a_short_row_and_a_row_that_is_none_are_read_as_well() {
    let rows = json!([[123_456_789, "4111111111111111"], "4111111111111111", { "ssn": 123_456_789 }]);
    let (text, data) = forms(table(&["ssn"], rows)).unwrap();
    let card = "[redacted:card]";
    assert_eq!(data["rows"], json!([["[redacted:us-ssn]", card], card, { "ssn": "[redacted:us-ssn]" }]));
    assert_eq!(text, data);
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "ssn",
        "phone",
        "PhoneNo",
        "password",
        "api_key",
        "card_number",
        "version",
        "host",
        "id",
        "note",
        "national id",
        "columns",
        "rows",
        "value",
    ])
}

fn value() -> impl Strategy<Value = Value> {
    let texts = vec![
        "123456789",
        "123-45-6789",
        "5550143",
        "+44 20 7946 0958",
        "Hunter2!x",
        "4111 1111 1111 1111",
        "501800000009",
        "192.0.2.44",
        "1.2.3.4",
        "ann@example.com",
        "phone",
        "my card",
        "ssn:",
        "password=",
        "k3Jd8sLq0ZpW7vTn",
        "say \"hi\"\n",
        "a\\u0040example.com",
        "back\\slash",
        "b\u{202E}idi",
        "\u{1}",
        "é",
    ];
    prop_oneof![
        prop::sample::select(texts).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (100_000_i64..9_999_999_999).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
    ]
}

proptest! {
    #[test]
    fn the_two_forms_of_a_table_never_disagree(
        columns in prop::collection::vec(name(), 0..4),
        rows in prop::collection::vec(prop::collection::vec(value(), 0..4), 0..5),
    ) {
        if let Some((text, data)) = forms(table(&columns, json!(rows))) {
            prop_assert_eq!(text, data);
        }
    }

    #[test]
    fn the_two_forms_of_an_object_never_disagree(
        members in prop::collection::vec((name(), value()), 0..6),
        list in prop::collection::vec(value(), 0..4),
    ) {
        let mut data: serde_json::Map<String, Value> =
            members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        data.insert("list".to_owned(), json!(list));
        if let Some((text, data)) = forms(Value::Object(data)) {
            prop_assert_eq!(text, data);
        }
    }

    #[test]
    fn the_text_is_written_as_it_is_found(data in value(), name in any::<String>(), more in any::<String>()) {
        let data = json!({ name: [data, more], "empty": [{}, []] });
        prop_assert_eq!(crate::json_text::JsonText::of(&data).text, data.to_string());
    }
}
