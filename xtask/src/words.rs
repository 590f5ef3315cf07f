//! Words that must not be in the project, and where.

/// Where a word is not wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// In no file.
    Anywhere,
    /// Not in what is shipped; a test may use it.
    Product,
}

/// A word and why it is not wanted.
pub struct Word {
    /// The word, matched whole: in any case if it is written in lower case here, else as written.
    pub word: &'static str,
    /// Where it is not wanted.
    pub place: Where,
    /// What to do instead.
    pub instead: &'static str,
}

const fn word(word: &'static str, place: Where, instead: &'static str) -> Word {
    Word { word, place, instead }
}

const UNFINISHED: &str = "finish it, or open an issue and say plainly what is missing";

/// The list.
pub const WORDS: &[Word] = &[
    word("TODO", Where::Anywhere, UNFINISHED),
    word("FIXME", Where::Anywhere, UNFINISHED),
    word("stub", Where::Product, UNFINISHED),
    word("stubbed", Where::Product, UNFINISHED),
    word("dummy", Where::Product, UNFINISHED),
    word("placeholder", Where::Product, UNFINISHED),
    word("fake", Where::Product, UNFINISHED),
    word("mock", Where::Product, UNFINISHED),
    word("hard-coded", Where::Product, "make it a named constant whose comment says where it comes from"),
    word("hardcoded", Where::Product, "make it a named constant whose comment says where it comes from"),
    word("for now", Where::Product, UNFINISHED),
    word("lorem", Where::Product, "write the real text"),
    word("seamless", Where::Anywhere, "say what it does"),
    word("blazing", Where::Anywhere, "say the number"),
    word("cutting-edge", Where::Anywhere, "say what it does"),
];
