//! From what a caller wrote to one URL: read once, in the one spelling that no two parsers read differently.

use crate::{Destination, EgressError};
use reqwest::Url;

/// Servers and proxies stop at 8 KiB.
const MAX_URL_BYTES: usize = 8 * 1024;

/// A URL of this spelling: scheme, host (in lower case, dotted IPv4, or IPv6 in its shortest form in
/// brackets), port, path, query. What the URL standard would repair is refused instead.
pub(crate) fn read(text: &str) -> Result<Url, EgressError> {
    let wrong = |why| EgressError::Malformed { why };
    if text.len() > MAX_URL_BYTES {
        return Err(wrong("is longer than 8 KiB"));
    }
    if !text.bytes().all(|sign| sign.is_ascii_graphic()) {
        return Err(wrong("holds a blank, a control character or a sign that is not ASCII"));
    }
    if text.contains(['\\', '#', '"', '<', '>', '^', '`', '{', '|', '}']) {
        return Err(wrong("holds a sign that has to be escaped, or a fragment"));
    }
    let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("has no scheme"))?;
    if scheme != "https" && scheme != "http" {
        return Err(wrong("is neither https nor http"));
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains(['@', '%']) {
        return Err(wrong("has a user or an escape in its host"));
    }
    let url = Url::parse(text).map_err(|_| wrong("does not parse"))?;
    if as_written(&url).as_deref() != Some(authority.to_ascii_lowercase().as_str()) {
        return Err(wrong("spells its host or port in an unusual way"));
    }
    check_path(rest.get(authority.len()..).unwrap_or_default(), &url)?;
    Ok(url)
}

/// The URL of `path` (with query) at a destination.
pub(crate) fn at(destination: &Destination, path: &str) -> Result<Url, EgressError> {
    if !path.starts_with('/') {
        return Err(EgressError::Malformed { why: "has a path that does not start with /" });
    }
    let Destination { scheme, host, port, .. } = destination;
    // The port of the scheme is not written: that is the one spelling that `read` takes.
    let authority = if *port == scheme.port() { host.clone() } else { format!("{host}:{port}") };
    read(&format!("{}://{authority}{path}", scheme.word()))
}

/// The destination that names the URL's scheme, host and port.
pub(crate) fn destination<'a>(url: &Url, destinations: &'a [Destination]) -> Option<&'a Destination> {
    let same = |one: &&Destination| {
        one.scheme.word() == url.scheme()
            && Some(one.host.as_str()) == url.host_str()
            && Some(one.port) == url.port_or_known_default()
    };
    destinations.iter().find(same)
}

/// Host and port as the parser understood them; the port of the scheme may be written or not.
fn as_written(url: &Url) -> Option<String> {
    let host = url.host_str().filter(|host| !host.split('.').any(str::is_empty))?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// A path that means the same with and without another round of cleaning.
fn check_path(written: &str, url: &Url) -> Result<(), EgressError> {
    let path = written.split('?').next().unwrap_or_default();
    let escapes_are_plain = path.to_ascii_lowercase().split('%').skip(1).all(|rest| {
        let code = rest.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
        code.is_some_and(|code| !code.is_ascii_control() && !b"/\\.%".contains(&code))
    });
    let is_clean = path.is_empty() || path == url.path();
    let has_empty_segment = path.contains("//");
    if is_clean && escapes_are_plain && !has_empty_segment {
        Ok(())
    } else {
        Err(EgressError::Malformed { why: "has a path that can be read in two ways" })
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn plain_urls_are_read_as_written() {
        for text in [
            "https://api.example.com",
            "https://API.example.com/v1/items?limit=5&after=a%20b",
            "https://api.example.com:8443/a;b=c/d",
            "http://192.0.2.1/",
            "https://[2001:db8::1]:8443/a",
            "https://xn--bcher-kva.example/",
            "https://a_b.example/%E2%82%AC",
        ] {
            let url = read(text).unwrap();
            assert!(
                url.as_str().eq_ignore_ascii_case(text) || url.as_str() == format!("{text}/"),
                "{text}: {url}"
            );
        }
    }
}
