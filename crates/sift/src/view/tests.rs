//! Spans and the way back to the original.

use super::View;

/// `abc` copied, `%40` as `@`, `xyz` copied.
fn view() -> View<'static> {
    let mut view = View::with_capacity(8);
    view.copy(0, "abc");
    view.replace(3..6, "@");
    view.copy(6, "xyz");
    view
}

#[test]
fn spans_lead_back_to_what_they_were_made_from() {
    let view = view();
    assert_eq!(view.text, "abc@xyz");
    for (span, original) in [(0..3, 0..3), (3..4, 3..6), (2..5, 2..7), (4..7, 6..9), (0..7, 0..9)] {
        assert_eq!(view.original(span), original);
    }
}

#[test]
fn rewritten_stretches_are_known() {
    let view = view();
    assert!(view.rewritten(2..4) && view.rewritten(3..4) && view.rewritten(0..7));
    assert!(!view.rewritten(0..3) && !view.rewritten(4..7));
}

#[test]
fn what_was_left_out_is_inside_but_never_at_the_edge() {
    let mut view = View::with_capacity(4);
    view.copy(0, "ab");
    view.copy(5, "cd");
    assert_eq!(view.original(1..3), 1..6);
    assert_eq!(view.original(0..2), 0..2);
    assert_eq!(view.original(2..4), 5..7);
}

#[test]
fn a_text_as_it_is_has_its_own_spans() {
    let view = View::same("abc");
    assert_eq!(view.original(1..2), 1..2);
    assert!(!view.rewritten(0..3));
}
