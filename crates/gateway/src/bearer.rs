//! The credentials of an HTTP request: exactly one `Authorization: Bearer`. RFC 6750 §2.1.

use domain::Secret;
use http::HeaderMap;
use http::header::AUTHORIZATION;

/// The token, or `None` if there is not exactly one well-formed one.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<Secret<String>> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (only, None) = (all.next()?, all.next()) else { return None };
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    let is_token = !token.is_empty()
        && token.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"-._~+/=".contains(&sign));
    (scheme.eq_ignore_ascii_case("bearer") && is_token).then(|| Secret::new(token.to_owned()))
}
