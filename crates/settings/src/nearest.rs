//! The known name that a mistyped one was probably meant to be.

/// Three slips in a long name are a guess worth making; in a short one they are another word.
const MAX_DISTANCE: usize = 3;

/// The nearest of `known` within a third of the name's length and [`MAX_DISTANCE`] slips.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (name.chars().count() / 3).clamp(1, MAX_DISTANCE);
    known
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(slips, _)| *slips <= allowed)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions and replacements from one name to the other (Levenshtein 1966).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, sign) in left.to_lowercase().chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        let mut before = at + 1;
        next.push(before);
        for ((other, diagonal), above) in right.iter().zip(&row).zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(*other != sign);
            before = replaced.min(above + 1).min(before + 1);
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn slips_are_counted() {
        for (left, right, slips) in [
            ("", "", 0),
            ("listen", "listen", 0),
            ("lisen", "listen", 1),
            ("Listen", "listen", 0),
            ("kitten", "sitting", 3),
            ("", "ab", 2),
        ] {
            assert_eq!(distance(left, right), slips, "{left} {right}");
        }
    }

    #[test]
    fn a_slip_finds_its_name_and_another_word_finds_none() {
        let known = ["listen", "public_url", "dir"];
        assert_eq!(nearest("lisen", known), Some("listen"));
        assert_eq!(nearest("publik_ulr", known), Some("public_url"));
        assert_eq!(nearest("path", known), None);
    }
}
