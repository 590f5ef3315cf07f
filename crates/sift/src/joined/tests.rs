//! What is cut over two parts.

use super::join;

#[test]
fn a_long_part_keeps_its_two_ends() {
    let long = "x".repeat(5000);
    let joined = join(&["a", &long, "b"], " ");
    assert_eq!(joined.text.len(), 1 + 1 + 1024 + 1 + 1024 + 1 + 1);
    let spans: Vec<_> = joined.cuts(&(0..joined.text.len())).map(|(p, s)| (p.part, s)).collect();
    assert_eq!(spans, [(0, 0..1), (1, 0..1024), (1, 3976..5000), (2, 0..1)]);
}
