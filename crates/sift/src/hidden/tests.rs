use super::find;
use crate::kind::Kind;

#[test]
fn zero_width_space_is_hidden() {
    let found = find("a\u{200B}b");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].kind, Kind::HiddenUnicode);
    assert_eq!(found[0].span, 1..4);
}
