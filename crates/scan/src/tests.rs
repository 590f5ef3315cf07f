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

/// The JSON pointers of every string below `value`, and of every object, for the keys in it.
#[derive(Default)]
struct Places {
    strings: Vec<String>,
    objects: Vec<String>,
}

fn places(value: &Value, at: &str, found: &mut Places) {
    match value {
        Value::String(_) => found.strings.push(at.to_owned()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{index}"), found);
            }
        }
        Value::Object(members) => {
            found.objects.push(at.to_owned());
            for (key, member) in members {
                places(member, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        _ => {}
    }
}

/// How many digits of the card stand in `text` in a row, whatever stands between them.
fn digits_left(text: &str) -> usize {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (card, left) = (digits(CARD), digits(text));
    let stands = |length: &usize| (0..=card.len() - length).any(|at| left.contains(&card[at..at + length]));
    (1..=card.len()).take_while(stands).last().unwrap_or(0)
}

fn leaks(value: &Value) -> bool {
    // A date has three of its digits in a row.
    let text = value.to_string();
    digits_left(&text) > 3 || text.contains(STANDARD.encode(CARD).trim_end_matches('='))
}

/// `blocks` read as the content of a result; whether they were blocked.
fn is_blocked(blocks: &mut Value, scanner: &OutputScanner) -> bool {
    let mut pass = Pass::new(scanner, Sight { unredacted: false });
    pass.result(blocks.as_array_mut().unwrap(), &mut json!({}));
    pass.tally.is_blocked()
}

#[test]
fn a_canary_in_any_place_of_any_block_is_taken_out_or_blocks() {
    let scanner = scanner(FindingAction::Redact);
    let mut found = Places::default();
    places(&blocks(), "", &mut found);
    assert!(found.strings.len() > 25 && found.objects.len() > 9);
    let forms = [CARD.to_owned(), STANDARD.encode(CARD)];
    for planted in &forms {
        for pointer in &found.strings {
            let mut content = blocks();
            let is_blob = pointer.ends_with("/data") || pointer.ends_with("/blob");
            let text = if is_blob { STANDARD.encode(planted) } else { planted.clone() };
            *content.pointer_mut(pointer).unwrap() = text.into();
            let blocked = is_blocked(&mut content, &scanner);
            assert!(blocked || !is_blob && !leaks(&content), "{pointer} leaks {planted}");
        }
        for pointer in &found.objects {
            let mut content = blocks();
            content.pointer_mut(pointer).unwrap()[planted] = "value".into();
            assert!(is_blocked(&mut content, &scanner), "a key of {pointer} leaks {planted}");
        }
    }
    let places = found.strings.len() + found.objects.len();
    println!("{places} places, {} forms each: every canary was found", forms.len());
}

#[test]
fn a_canary_split_over_two_blocks_is_found() {
    let scanner = scanner(FindingAction::Redact);
    let text = |text: String| json!({ "type": "text", "text": text });
    let inside =
        |text: String| json!({ "type": "resource", "resource": { "uri": "file:///a", "text": text } });
    let titled =
        |text: String| json!({ "type": "resource_link", "uri": "file:///a", "name": "a", "title": text });
    let described = |text: String| json!({ "type": "resource_link", "uri": "file:///a", "name": "a", "description": text });
    let forms: [&dyn Fn(String) -> Value; 4] = [&text, &inside, &titled, &described];
    for (first, second) in forms.iter().flat_map(|first| forms.iter().map(move |second| (first, second))) {
        for cut in 1..CARD.len() {
            let (left, right) = CARD.split_at(cut);
            let mut content = json!([first(format!("pay {left}")), second(format!("{right} now"))]);
            let blocked = is_blocked(&mut content, &scanner);
            assert!(blocked || digits_left(&content.to_string()) == 0, "cut at {cut}: {content}");
        }
    }
}

#[test]
fn data_is_rewritten_in_values_and_blocks_in_keys() {
    let scanner = scanner(FindingAction::Redact);
    let mut data = json!({ "rows": [["x", CARD], [4_111_111_111_111_111_u64, null]], "card": CARD });
    let mut pass = Pass::new(&scanner, Sight { unredacted: false });
    pass.value(&mut data, Place::Data, None);
    assert!(!pass.tally.is_blocked());
    assert!(!leaks(&data), "{data}");
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
        assert!(is_blocked(&mut content, &scanner), "{blob}");
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
