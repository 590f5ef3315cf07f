//! What was read counts for the same text, and under another key only if the key had no say.

use crate::places::{Pass, Sight};
use crate::{Actions, OutputScanner};
use serde_json::json;
use sift::{Context, Scanner, ScannerConfig};

const PROSE: &str = "The desk looked into the account and found both bookings with the same reference. The shop \
    confirmed that the parcel was delivered to the neighbour, who signed for it in the afternoon. Nobody at \
    the shop had noticed that the till was restarted while the payment was still open, so it was booked twice. ";

fn scanner() -> OutputScanner {
    OutputScanner::new(Scanner::new(ScannerConfig::default()).unwrap(), Actions::default())
}

/// Findings of one pass over `text` in a block and again under `key`.
fn counted(text: &str, key: &str) -> u32 {
    let scanner = scanner();
    let mut pass = Pass::new(&scanner, Sight { unredacted: false });
    let mut blocks = json!([{ "type": "text", "text": text }]);
    pass.result(blocks.as_array_mut().unwrap(), &mut json!({ key: text }));
    pass.tally.counts().iter().map(|finding| finding.count).sum()
}

#[test]
fn a_text_that_stands_twice_counts_twice() {
    let text = format!("{PROSE} paid with 4111 1111 1111 1111 by ann@example.com");
    assert_eq!(counted(&text, "text"), 4);
}

#[test]
fn a_key_that_speaks_for_a_number_is_heard_though_the_text_was_read_without_it() {
    let sift = Scanner::new(ScannerConfig::default()).unwrap();
    let text = format!("{PROSE} entry 5550143 of that week");
    assert_eq!(sift.scan(&text, Context::none()).unwrap().len(), 0);
    assert_eq!(sift.scan(&text, Context::key("phone")).unwrap().len(), 1);
    assert_eq!(counted(&text, "phone"), 1);
    assert_eq!(counted(&text, "entry"), 0);
}
