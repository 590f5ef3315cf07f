//! Request headers that callers may set, and response headers that they get to see.

use crate::{Destination, EgressError};
use domain::Secret;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

/// Headers of the connection, of the client and of credentials: set by nobody but this crate.
const NEVER: [&str; 15] = [
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-real-ip",
];

/// Headers of an answer that say what the body is and when to come back. Cookies, challenges and
/// echoed credentials are not among them.
const SEEN: [&str; 9] = [
    "content-encoding",
    "content-language",
    "content-type",
    "date",
    "etag",
    "last-modified",
    "link",
    "retry-after",
    "x-request-id",
];

/// Checks the names against the destination's list and adds the credential, marked as one.
pub(crate) fn of_request(
    headers: &[(String, String)],
    credential: Option<&Secret<String>>,
    destination: Option<&Destination>,
) -> Result<HeaderMap, EgressError> {
    let allowed = destination.map(|destination| destination.headers.as_slice()).unwrap_or_default();
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let lower = name.to_ascii_lowercase();
        let refused =
            || EgressError::Header { name: lower.chars().take(64).flat_map(char::escape_default).collect() };
        if NEVER.contains(&lower.as_str()) || lower.starts_with("x-forwarded-") || !allowed.contains(&lower) {
            return Err(refused());
        }
        let name = HeaderName::from_bytes(lower.as_bytes()).map_err(|_| refused())?;
        let value = HeaderValue::from_str(value).map_err(|_| refused())?;
        if map.insert(name, value).is_some() {
            return Err(refused());
        }
    }
    if let Some(credential) = credential {
        let refused = |_| EgressError::Header { name: AUTHORIZATION.to_string() };
        let mut value = HeaderValue::from_str(credential.expose()).map_err(refused)?;
        value.set_sensitive(true);
        map.insert(AUTHORIZATION, value);
    }
    Ok(map)
}

/// The headers of an answer that are passed on. A value that is not text is left out.
pub(crate) fn of_response(headers: &HeaderMap) -> Vec<(String, String)> {
    let seen = headers.iter().filter(|(name, _)| SEEN.contains(&name.as_str()));
    seen.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned()))).collect()
}
