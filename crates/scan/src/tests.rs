//! A canary in every string position, of results and of protocol messages.

use crate::places::{Pass, Place, Sight};
use crate::{Actions, FindingAction, OutputScanner};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sift::{Scanner, ScannerConfig};

const CARD: &str = "4111 1111 1111 1111";

fn scanner(action: FindingAction) -> OutputScanner {
    let actions = Actions { secrets: action, personal_data: action, hidden_text: FindingAction::Redact };
    OutputScanner::new(Scanner::new(ScannerConfig::default()).unwrap(), actions)
}

/// Every content block of the revisions that we serve, with text in every place that takes text.
fn blocks() -> Value {
    json!([
        { "type": "text", "text": "plain", "annotations": { "audience": ["user"], "lastModified": "2026-01-01" }, "_meta": { "k": "v" } },
        { "type": "image", "data": STANDARD.encode("picture"), "mimeType": "image/png" },
        { "type": "audio", "data": STANDARD.encode("sound"), "mimeType": "audio/wav" },
        { "type": "resource_link", "uri": "file:///a", "name": "a", "title": "A", "description": "a file", "mimeType": "text/plain" },
        { "type": "resource", "resource": { "uri": "file:///a", "mimeType": "text/plain", "text": "inside" } },
        { "type": "resource", "resource": { "uri": "file:///b", "mimeType": "image/png", "blob": STANDARD.encode("blob") } },
        { "type": "x-vendor", "payload": { "deep": ["unknown"] } },
    ])
}

/// The JSON pointers of every string below `value`, and of every key.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                places(member, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        _ => {}
    }
}

fn leaks(value: &Value, canary: &str) -> bool {
    let text = value.to_string();
    text.contains(canary) || text.contains(&STANDARD.encode(canary))
}

#[test]
fn a_canary_in_any_place_of_any_block_is_taken_out_or_blocks() {
    let scanner = scanner(FindingAction::Redact);
    let mut pointers = Vec::new();
    places(&blocks(), "", &mut pointers);
    assert!(pointers.len() > 25);
    for pointer in &pointers {
        for planted in [CARD.to_owned(), STANDARD.encode(CARD)] {
            let mut content = blocks();
            let is_blob = pointer.ends_with("/data") || pointer.ends_with("/blob");
            *content.pointer_mut(pointer).unwrap() =
                if is_blob { STANDARD.encode(&planted).into() } else { planted.clone().into() };
            let mut pass = Pass::new(&scanner, Sight { unredacted: false });
            pass.content(content.as_array_mut().unwrap());
            assert!(pass.tally.is_blocked() || !leaks(&content, CARD), "{pointer} leaks {planted}");
        }
    }
    println!("{} places, 2 forms each: every canary was found", pointers.len());
}

#[test]
fn a_canary_split_over_two_blocks_is_found() {
    let scanner = scanner(FindingAction::Redact);
    for cut in 1..CARD.len() {
        let (left, right) = CARD.split_at(cut);
        let mut content = json!([{ "type": "text", "text": format!("pay {left}") }, { "type": "text", "text": format!("{right} now") }]);
        let mut pass = Pass::new(&scanner, Sight { unredacted: false });
        pass.content(content.as_array_mut().unwrap());
        let joined =
            format!("{}{}", content[0]["text"].as_str().unwrap(), content[1]["text"].as_str().unwrap());
        assert!(pass.tally.is_blocked() || !joined.contains(CARD), "cut at {cut}: {joined}");
    }
}

#[test]
fn data_is_rewritten_in_values_and_blocks_in_keys() {
    let scanner = scanner(FindingAction::Redact);
    let mut data = json!({ "rows": [["x", CARD], [4_111_111_111_111_111_u64, null]], "card": CARD });
    let mut pass = Pass::new(&scanner, Sight { unredacted: false });
    pass.value(&mut data, Place::Data, None);
    assert!(!pass.tally.is_blocked());
    assert!(!leaks(&data, CARD) && !data.to_string().contains("4111111111111111"), "{data}");
    let mut data = json!({ CARD: 1 });
    let mut pass = Pass::new(&scanner, Sight { unredacted: false });
    pass.value(&mut data, Place::Data, None);
    assert!(pass.tally.is_blocked(), "a key was rewritten or let through");
}

#[test]
fn what_cannot_be_decoded_is_blocked() {
    let scanner = scanner(FindingAction::Redact);
    for blob in ["not base64!", "YQ", "YQ==\n"] {
        let mut content = json!([{ "type": "image", "data": blob, "mimeType": "image/png" }]);
        let mut pass = Pass::new(&scanner, Sight { unredacted: false });
        pass.content(content.as_array_mut().unwrap());
        assert!(pass.tally.is_blocked(), "{blob}");
    }
}

#[test]
fn who_may_see_unredacted_sees_data_and_never_hidden_text() {
    let scanner = scanner(FindingAction::Redact);
    let mut text = format!("{CARD} a\u{202e}b");
    let mut pass = Pass::new(&scanner, Sight { unredacted: true });
    pass.text(&mut text, None, Vec::new());
    assert!(text.contains(CARD) && !text.contains('\u{202e}'), "{text:?}");
}

#[test]
fn an_operator_can_have_findings_block() {
    let scanner = scanner(FindingAction::Block);
    let mut text = CARD.to_owned();
    let mut pass = Pass::new(&scanner, Sight { unredacted: false });
    pass.text(&mut text, None, Vec::new());
    assert!(pass.tally.is_blocked());
}
