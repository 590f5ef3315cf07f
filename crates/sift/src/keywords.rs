//! Where keywords stand in a text, in capitals or not.
//!
//! A table over three signs says where a keyword can begin, which is nearly nowhere, and which ones
//! can; those are compared. It costs one look a byte on any text, as long as few keywords share a
//! beginning.

use std::cmp::Reverse;

/// Bits of the table's hash: 8 KiB, with forty entries for each beginning.
const HASH_BITS: u32 = 12;

/// Signs that are hashed; longer keywords begin with them, shorter ones have one sign.
const BEGINNING: usize = 3;

/// A keyword that can be looked for neither by its beginning nor by its one sign.
#[derive(Debug, thiserror::Error)]
#[error("the keyword `{keyword}` is neither one sign nor three and more")]
pub struct KeywordError {
    keyword: &'static str,
}

/// The keywords, by how they begin.
pub(crate) struct Keywords {
    words: Vec<&'static [u8]>,
    signs: Vec<(u8, usize)>,
    /// By hash of a beginning: one more than the place in `beginnings`; 0 if no keyword begins so.
    table: Vec<u16>,
    /// The words that begin with one hash.
    beginnings: Vec<Vec<usize>>,
}

/// A keyword in a text.
/// Eight bytes, since a text may be nothing but keywords of one sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    end: u32,
    length: u16,
    word: u16,
}

impl Place {
    /// `None` if a text or a table is larger than any that is scanned.
    fn new(word: usize, end: usize, length: usize) -> Option<Self> {
        let (word, length) = (u16::try_from(word).ok()?, u16::try_from(length).ok()?);
        Some(Self { end: u32::try_from(end).ok()?, length, word })
    }

    pub(crate) const fn word(self) -> usize {
        self.word as usize
    }

    pub(crate) const fn start(self) -> usize {
        self.end() - self.length as usize
    }

    pub(crate) const fn end(self) -> usize {
        self.end as usize
    }
}

impl Keywords {
    pub(crate) fn new(keywords: impl IntoIterator<Item = &'static str>) -> Result<Self, KeywordError> {
        let words: Vec<&[u8]> = keywords.into_iter().map(str::as_bytes).collect();
        let (mut signs, mut beginnings) = (Vec::new(), Vec::<Vec<usize>>::new());
        let mut table = vec![0; 1 << HASH_BITS];
        for (word, bytes) in words.iter().enumerate() {
            match (bytes, bytes.first_chunk()) {
                ([sign], _) => signs.push((*sign, word)),
                (_, Some(beginning)) => {
                    let Some(entry) = table.get_mut(hash(window_of(beginning))) else { continue };
                    if *entry == 0 {
                        beginnings.push(Vec::new());
                        *entry = u16::try_from(beginnings.len()).unwrap_or(u16::MAX);
                    }
                    beginnings
                        .get_mut(usize::from(*entry) - 1)
                        .into_iter()
                        .for_each(|words| words.push(word));
                }
                (_, None) => {
                    let keyword = std::str::from_utf8(bytes).unwrap_or_default();
                    return Err(KeywordError { keyword });
                }
            }
        }
        Ok(Self { words, signs, table, beginnings })
    }

    /// Every place of every keyword, by their ends; of one end the longest keyword first.
    pub(crate) fn places(&self, text: &str) -> Vec<Place> {
        let bytes = text.as_bytes();
        let mut places = Vec::new();
        for (sign, word) in &self.signs {
            let found = bytes.iter().enumerate().filter(|(_, byte)| byte.eq_ignore_ascii_case(sign));
            places.extend(found.filter_map(|(at, _)| Place::new(*word, at + 1, 1)));
        }
        let mut window = 0;
        for (last, byte) in bytes.iter().enumerate() {
            window = slide(window, *byte);
            let entry = self.table.get(hash(window)).copied().unwrap_or_default();
            if entry != 0 {
                self.compare(entry, bytes, last + 1, &mut places);
            }
        }
        places.sort_unstable_by_key(|place| (place.end, Reverse(place.length), place.word));
        places
    }

    /// The keywords of one hash that stand where their beginning ends at `beginning_end`.
    fn compare(&self, entry: u16, bytes: &[u8], beginning_end: usize, places: &mut Vec<Place>) {
        let Some(start) = beginning_end.checked_sub(BEGINNING) else { return };
        for word in self.beginnings.get(usize::from(entry) - 1).into_iter().flatten() {
            let Some(keyword) = self.words.get(*word) else { continue };
            let end = start + keyword.len();
            if bytes.get(start..end).is_some_and(|there| there.eq_ignore_ascii_case(keyword)) {
                places.extend(Place::new(*word, end, keyword.len()));
            }
        }
    }
}

/// The three signs up to and with `byte`. Capitals and small letters are the same.
fn slide(window: u32, byte: u8) -> u32 {
    (window << 8 | u32::from(byte | 0x20)) & 0x00ff_ffff
}

fn window_of(beginning: &[u8; BEGINNING]) -> u32 {
    beginning.iter().fold(0, |window, byte| slide(window, *byte))
}

/// Knuth's multiplicative hash.
fn hash(window: u32) -> usize {
    (window.wrapping_mul(0x9e37_79b1) >> (u32::BITS - HASH_BITS)) as usize
}

#[cfg(test)]
mod tests;
