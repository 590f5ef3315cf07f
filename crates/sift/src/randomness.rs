//! How random a value looks: what tells a key from a word.
//!
//! Must not know which name or prefix the value stood behind; that decides how much
//! randomness is asked for.

/// Bytes of a value that are measured; more would not change the answer.
pub(crate) const MAX_MEASURED: usize = 256;

/// What a measurement costs: the value and the table of its signs, each read once.
pub(crate) const STEPS: usize = 2 * MAX_MEASURED;

/// What is measured on one value.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    pub(crate) length: usize,
    pub(crate) digits: usize,
    pub(crate) lower: usize,
    pub(crate) upper: usize,
    pub(crate) symbols: usize,
    /// Neighbouring bytes of different sorts.
    pub(crate) changes: usize,
    /// Longest run of small letters.
    pub(crate) longest_word: usize,
    /// Shannon entropy of the bytes, in hundredths of a bit per byte.
    pub(crate) centibits: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Lower,
    Upper,
    Digit,
    Symbol,
}

impl Profile {
    /// Measures the first bytes of `value`.
    pub(crate) fn of(value: &str) -> Self {
        let mut profile = Self::default();
        let mut counts = [0_u16; 256];
        let mut last = None;
        let mut word = 0;
        for byte in value.bytes().take(MAX_MEASURED) {
            let (sort, count) = match byte {
                b'a'..=b'z' => (Sort::Lower, &mut profile.lower),
                b'A'..=b'Z' => (Sort::Upper, &mut profile.upper),
                b'0'..=b'9' => (Sort::Digit, &mut profile.digits),
                _ => (Sort::Symbol, &mut profile.symbols),
            };
            *count += 1;
            profile.length += 1;
            profile.changes += usize::from(last.is_some_and(|last| last != sort));
            word = if sort == Sort::Lower { word + 1 } else { 0 };
            profile.longest_word = profile.longest_word.max(word);
            last = Some(sort);
            if let Some(seen) = counts.get_mut(usize::from(byte)) {
                *seen += 1;
            }
        }
        profile.centibits = centibits(&counts, profile.length);
        profile
    }

    /// Whether this reads like words put together, as names in programs are.
    pub(crate) const fn is_wordy(&self) -> bool {
        self.digits < 3 && self.longest_word >= 5
    }
}

/// Shannon entropy of `counts` over `total` bytes.
fn centibits(counts: &[u16], total: usize) -> u32 {
    let total = f32::from(u16::try_from(total).unwrap_or(u16::MAX)).max(1.0);
    let bits: f32 = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f32::from(*count) / total;
            -share * share.log2()
        })
        .sum();
    // At most eight bits per byte, so the cast keeps every value.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 800")]
    let centibits = (bits * 100.0) as u32;
    centibits
}

#[cfg(test)]
mod tests;
