//! The server's canonical MCP URL: what clients are given and what tokens name as audience.

use crate::error::Fault;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// `https://HOST[:PORT]/mcp`, in the one spelling that is compared byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PublicUrl {
    text: String,
    host: String,
    port: u16,
}

impl PublicUrl {
    /// Reads the canonical spelling and no other: lower case, no user, no query, no default port.
    pub(crate) fn parse(text: &str, key: &str) -> Result<Self, Fault> {
        let wrong = |cause: &str| Fault::new(key, cause, "write https://HOST[:PORT]/mcp in lower case");
        let rest = text.strip_prefix("https://").ok_or_else(|| wrong("does not start with https://"))?;
        let authority = rest.strip_suffix("/mcp").ok_or_else(|| wrong("does not end with /mcp"))?;
        let (host, port) = split_port(authority).ok_or_else(|| wrong("has no valid host and port"))?;
        if port == Some(443) || port == Some(0) {
            return Err(wrong("has a port that is not written in this place"));
        }
        if !is_host(host) {
            return Err(wrong("has no valid host and port"));
        }
        Ok(Self { text: text.to_owned(), host: host.to_owned(), port: port.unwrap_or(443) })
    }

    /// The URL for a server that is reached at its own address.
    pub(crate) fn of_address(address: std::net::SocketAddr) -> Self {
        let host = match address.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let port = address.port();
        let shown = if port == 443 { String::new() } else { format!(":{port}") };
        Self { text: format!("https://{host}{shown}/mcp"), host, port }
    }

    /// The whole URL.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The audience of tokens for the admin plane.
    pub fn admin_audience(&self) -> String {
        format!("{}/admin", self.text)
    }

    /// The host, an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, 443 where none is written.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Host and port as in a `Host` header: the default port is left out.
    pub fn authority(&self) -> &str {
        self.text.trim_start_matches("https://").trim_end_matches("/mcp")
    }

    /// Scheme, host and port as in an `Origin` header.
    pub fn origin(&self) -> &str {
        self.text.trim_end_matches("/mcp")
    }

    /// The same endpoint over WebSocket.
    pub fn websocket(&self) -> String {
        format!("wss://{}/mcp/ws", self.authority())
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// Host and port; `None` if the port is not a plain number. An IPv6 address keeps its brackets.
pub(crate) fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let port_from = match authority.rfind(']') {
        Some(end) => authority.get(end + 1..)?.starts_with(':').then_some(end + 1),
        None => authority.find(':'),
    };
    let Some(at) = port_from else { return Some((authority, None)) };
    let (host, port) = authority.split_at_checked(at)?;
    let digits = port.strip_prefix(':')?;
    let plain = !digits.starts_with('0') && digits.bytes().all(|digit| digit.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten().map(|port| (host, Some(port)))
}

/// A DNS name in lower case, a dotted IPv4 address, or an IPv6 address in brackets.
pub(crate) fn is_host(host: &str) -> bool {
    if let Some(inside) = host.strip_prefix('[') {
        return inside
            .strip_suffix(']')
            .is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok_and(|parsed| parsed.to_string() == ip));
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || b"-_".contains(&sign))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last_is_numeric =
        host.rsplit('.').next().is_some_and(|last| last.starts_with(|first: char| first.is_ascii_digit()));
    let is_address = host.parse::<std::net::Ipv4Addr>().is_ok();
    host.len() <= 253 && host.split('.').all(is_label) && (!last_is_numeric || is_address)
}
