//! Host and Origin: a web page must not reach the server through a name of its own.
//!
//! MCP 2026-07-28, Streamable HTTP, "Security & Endpoint"; browsers send Origin with a WebSocket
//! upgrade as well.

use domain::{Refusal, RefusalCode};
use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use std::collections::HashSet;

/// Names that the server answers to.
#[derive(Clone, Debug)]
pub struct Guard {
    hosts: HashSet<String>,
    origins: HashSet<String>,
}

impl Guard {
    /// `hosts` as `name:port` or `name` (for the scheme's own port); `origins` as `scheme://name[:port]`.
    pub fn new(hosts: impl IntoIterator<Item = String>, origins: impl IntoIterator<Item = String>) -> Self {
        let lower = |text: String| text.to_ascii_lowercase();
        Self {
            hosts: hosts.into_iter().map(lower).collect(),
            origins: origins.into_iter().map(lower).collect(),
        }
    }

    /// Refuses with `bad_host` or `bad_origin`.
    pub(crate) fn check(&self, request: &Parts) -> Result<(), Refusal> {
        let bad_host = || Refusal::new(RefusalCode::BadHost, "the Host header is not one of ours");
        let host = only(&request.headers, HOST).map_err(|()| bad_host())?.ok_or_else(bad_host)?;
        let target = request.uri.authority().map(|authority| authority.as_str().to_ascii_lowercase());
        if !self.hosts.contains(&host) || target.is_some_and(|target| target != host) {
            return Err(bad_host());
        }
        let bad_origin = || Refusal::new(RefusalCode::BadOrigin, "the Origin header is not an allowed one");
        match only(&request.headers, ORIGIN).map_err(|()| bad_origin())? {
            Some(origin) if !self.origins.contains(&origin) => Err(bad_origin()),
            _ => Ok(()),
        }
    }
}

/// The header's value in lower case; an error if it is there twice or unreadable.
fn only(headers: &HeaderMap, name: HeaderName) -> Result<Option<String>, ()> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(|text| Some(text.to_ascii_lowercase())).map_err(|_| ()),
        _ => Err(()),
    }
}
