//! `[[egress.destination]]`: hosts that the server may call.

use crate::error::Fault;
use crate::public_url::is_host;
use crate::raw::{RawDestination, RawEgress};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Half of what MCP clients wait for a call.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// More than a model can read of one answer.
const DEFAULT_MAX_RESPONSE_BYTES: u64 = 1024 * 1024;

/// Headers that belong to the HTTP client or to the connection: a tool that set them could speak for
/// somebody else or split the request.
const NEVER_FROM_TOOLS: [&str; 13] = [
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// One host and port.
#[derive(Clone, Debug)]
pub struct Destination {
    /// What tools, policies and overrides call it.
    pub name: String,
    /// In lower case; an IPv6 address in brackets.
    pub host: String,
    /// The one port.
    pub port: u16,
    /// With or without TLS.
    pub scheme: Scheme,
    /// Request headers that tools may set, in lower case.
    pub headers: Vec<String>,
    /// From the first packet to the last byte.
    pub timeout: Duration,
    /// Size of one response.
    pub max_response_bytes: u64,
    /// An authority that is trusted beside the system's, PEM.
    pub ca_file: Option<PathBuf>,
}

/// How a destination is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// With TLS.
    Https,
    /// In clear.
    Http,
}

impl Destination {
    pub(crate) fn check_all(raw: RawEgress, base: &Path) -> Result<Vec<Self>, Fault> {
        let mut destinations: Vec<Self> = Vec::new();
        for (at, raw) in raw.destination.unwrap_or_default().into_iter().enumerate() {
            let destination = Self::check(raw, at, base)?;
            let key = format!("egress.destination[{at}].name");
            if destinations.iter().any(|known| known.name == destination.name) {
                return Err(Fault::new(
                    key,
                    "names a destination for the second time",
                    "give each destination a name of its own",
                ));
            }
            destinations.push(destination);
        }
        Ok(destinations)
    }

    fn check(raw: RawDestination, at: usize, base: &Path) -> Result<Self, Fault> {
        let key = |name: &str| format!("egress.destination[{at}].{name}");
        let is_name = raw.name.len() <= 64
            && raw.name.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"_-".contains(&sign));
        if !is_name {
            return Err(Fault::new(
                key("name"),
                "is not a valid name",
                "use A-Z a-z 0-9 _ -, at most 64 signs",
            ));
        }
        if !is_host(&raw.host) {
            let cause = format!("is `{}`", raw.host.escape_debug());
            return Err(Fault::new(
                key("host"),
                cause,
                "write a host name or an address in lower case, without scheme, port or path",
            ));
        }
        let scheme = match raw.scheme.as_deref() {
            None | Some("https") => Scheme::Https,
            Some("http") => Scheme::Http,
            Some(_) => return Err(Fault::new(key("scheme"), "is not a scheme", "write https or http")),
        };
        let headers = headers(raw.headers.unwrap_or_default(), &key("headers"))?;
        Ok(Self {
            name: raw.name,
            host: raw.host,
            port: raw.port.unwrap_or(if scheme == Scheme::Http { 80 } else { 443 }),
            scheme,
            headers,
            timeout: raw.timeout_ms.map_or(DEFAULT_TIMEOUT, Duration::from_millis),
            max_response_bytes: raw.max_response_kib.map_or(DEFAULT_MAX_RESPONSE_BYTES, |kib| kib * 1024),
            ca_file: raw.ca_file.map(|file| base.join(file)),
        })
    }
}

fn headers(names: Vec<String>, key: &str) -> Result<Vec<String>, Fault> {
    let read = |(at, name): (usize, String)| {
        let name = name.to_ascii_lowercase();
        let wrong = |cause: &str, advice: &str| Err(Fault::new(format!("{key}[{at}]"), cause, advice));
        if !name.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"-_".contains(&sign)) {
            return wrong("is not the name of a header", "use letters, digits and -");
        }
        if NEVER_FROM_TOOLS.contains(&name.as_str()) || name.starts_with("x-forwarded-") {
            return wrong("is a header that no tool may set", "leave it out");
        }
        Ok(name)
    };
    names.into_iter().enumerate().map(read).collect()
}
