//! Names and classes of kinds.

use super::{Kind, KindSet};

#[test]
fn the_order_of_all_is_the_order_of_the_type() {
    assert!(Kind::ALL.is_sorted());
}

#[test]
fn sets_add_and_take_away() {
    let set = KindSet::NONE.with(Kind::Card).with(Kind::Email).without(Kind::Card);
    assert!(set.contains(Kind::Email) && !set.contains(Kind::Card));
    assert_eq!(Kind::ALL.into_iter().collect::<KindSet>(), KindSet::ALL);
}
