//! Hidden text to the byte.

use super::{find, is_visible_ascii};
use crate::budget::Budget;
use crate::kind::Kind;

#[test]
fn neighbours_of_one_kind_are_one_stretch() {
    let found = find("a\u{200B}\u{2060}b\u{202E}\u{1B}[0m", &Budget::for_bytes(0)).unwrap();
    let kinds: Vec<_> = found.iter().map(|hidden| (hidden.kind, hidden.span.clone())).collect();
    assert_eq!(
        kinds,
        [(Kind::HiddenUnicode, 1..7), (Kind::BidiControl, 8..11), (Kind::TerminalControl, 11..15),]
    );
}

#[test]
fn every_control_byte_is_seen_at_every_place() {
    for byte in 0..=0x7F_u8 {
        for place in [0, 63, 64, 100] {
            let mut text = vec![b'x'; 101];
            text[place] = byte;
            let visible = matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7E);
            assert_eq!(is_visible_ascii(&text), visible, "{byte} at {place}");
        }
    }
}
