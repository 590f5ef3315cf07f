//! The advice for a name that nobody knows.

/// Names further apart than this are two names and not one misspelt one.
const LARGEST_DISTANCE: usize = 3;

/// The known name that looks most like `name`.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= LARGEST_DISTANCE.min(candidate.len().div_ceil(2)))
        .min()
        .map(|(_, candidate)| candidate)
}

/// "did you mean `x`?", or what can be done if nothing comes near.
pub(crate) fn did_you_mean<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
    otherwise: &str,
) -> String {
    match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => otherwise.to_owned(),
    }
}
