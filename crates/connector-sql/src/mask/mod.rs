//! Owns what a masked value looks like. It knows values, not tables and not who asks.
//!
//! Every mask is a function of the one value (and, for tokens, of the tenant's key): the same
//! value gives the same masked value in each row, so that grouping and joining work on it.

mod functions;
mod hmac;
mod key;
#[cfg(test)]
mod tests;

pub(crate) use functions::{expression, register};
pub use key::MaskKey;
pub(crate) use key::TenantKey;

/// What stands for a value that its mask cannot show any part of.
pub(crate) const FIXED: &str = "***";
/// A value with fewer signs would show half of itself or more if four of them stayed.
const LEAST_SIGNS_FOR_LAST_FOUR: usize = 8;
/// RFC 5321 §4.5.3.1.2.
const MAX_DOMAIN_BYTES: usize = 255;

/// The last four letters and digits behind a `*` for every other sign; only `*` where the value has fewer
/// than eight letters and digits. What groups them (`4 42`, `-0143`) is not counted and not shown.
pub(crate) fn keep_last_4(value: &str) -> String {
    let signs = value.chars().count();
    let told: Vec<char> = value.chars().filter(|sign| sign.is_alphanumeric()).collect();
    let shown = told.len().checked_sub(4).filter(|_| told.len() >= LEAST_SIGNS_FOR_LAST_FOUR);
    let shown = shown.and_then(|hidden| told.get(hidden..)).unwrap_or_default();
    std::iter::repeat_n('*', signs - shown.len()).chain(shown.iter().copied()).collect()
}

/// The first sign and the domain of an e-mail address: `a***@example.com`. Anything else: [`FIXED`].
pub(crate) fn email(value: &str) -> String {
    let parts = value.rsplit_once('@').filter(|(_, domain)| is_domain(domain));
    match parts.and_then(|(local, domain)| Some((local.chars().next()?, domain))) {
        Some((first, domain)) => format!("{first}{FIXED}@{domain}"),
        None => FIXED.to_owned(),
    }
}

fn is_domain(text: &str) -> bool {
    text.len() <= MAX_DOMAIN_BYTES
        && text.contains('.')
        && text
            .split('.')
            .all(|label| !label.is_empty() && label.chars().all(|sign| sign.is_alphanumeric() || sign == '-'))
}

/// The four digits of the year of a date: `1984-02-29…`, `19840229`, `1984/2/29`, `29.02.1984`, `1984`.
pub(crate) fn year(value: &str) -> Option<String> {
    let value = value.trim();
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|sign| sign.is_ascii_digit());
    if is_digits(value) {
        return matches!(value.len(), 4 | 8).then(|| value.chars().take(4).collect());
    }
    let date = value.split(['T', ' ']).next()?;
    let parts: Vec<&str> = date.split(['-', '/', '.']).collect();
    let (years, rest): (Vec<&str>, Vec<&str>) = parts.into_iter().partition(|part| part.len() == 4);
    let plausible = rest.len() <= 2 && rest.iter().all(|part| is_digits(part) && part.len() <= 2);
    match years.as_slice() {
        [year] if plausible && is_digits(year) => Some((*year).to_owned()),
        _ => None,
    }
}
