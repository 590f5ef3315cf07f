//! Addresses of MCP endpoints: scheme, host, port, path.

use super::ClientError;
use http::Uri;
use std::net::IpAddr;

/// How messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Transport {
    /// Streamable HTTP: one POST for each message.
    Https,
    /// WebSocket: one text frame for each message.
    Wss,
}

/// Where an MCP endpoint is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// How messages travel there.
    pub(crate) transport: Transport,
    /// True with TLS.
    pub(crate) is_encrypted: bool,
    /// Name or address, without brackets.
    pub(crate) host: String,
    /// The port.
    pub(crate) port: u16,
    /// `/mcp` or `/mcp/ws` if none was given.
    pub(crate) path: String,
}

impl Endpoint {
    /// Reads `https://`, `wss://`, and on this machine alone `http://` and `ws://`.
    pub(crate) fn parse(url: &str) -> Result<Self, ClientError> {
        let wrong = |why| ClientError::Address { url: url.to_owned(), why };
        let uri: Uri = url.parse().map_err(|_| wrong("is not a URL"))?;
        let (transport, is_encrypted) = match uri.scheme_str() {
            Some("https") => (Transport::Https, true),
            Some("wss") => (Transport::Wss, true),
            Some("http") => (Transport::Https, false),
            Some("ws") => (Transport::Wss, false),
            _ => return Err(wrong("does not start with https:// or wss://")),
        };
        let authority = uri.authority().ok_or_else(|| wrong("names no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("holds a user name; the token goes into a file"));
        }
        if uri.query().is_some() {
            return Err(wrong("has a query; the endpoint takes none"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if !is_encrypted && !is_loopback(&host) {
            return Err(wrong("is not encrypted, and not on this machine"));
        }
        let default_port = if is_encrypted { 443 } else { 80 };
        let path = match (uri.path(), transport) {
            ("" | "/", Transport::Https) => "/mcp".to_owned(),
            ("" | "/", Transport::Wss) => "/mcp/ws".to_owned(),
            (path, _) => path.to_owned(),
        };
        Ok(Self { transport, is_encrypted, host, port: authority.port_u16().unwrap_or(default_port), path })
    }

    /// The same server's endpoint over `transport`; the path follows if it is the usual one.
    pub(crate) fn over(mut self, transport: Option<Transport>) -> Self {
        let Some(transport) = transport else { return self };
        self.transport = transport;
        match (transport, self.path.as_str()) {
            (Transport::Https, "/mcp/ws") => self.path = "/mcp".to_owned(),
            (Transport::Wss, "/mcp") => self.path = "/mcp/ws".to_owned(),
            _ => {}
        }
        self
    }

    /// The `Host` header: the default port is left out.
    pub(crate) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match (self.is_encrypted, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }

    /// The whole URL.
    pub(crate) fn url(&self) -> String {
        let scheme = match (self.transport, self.is_encrypted) {
            (Transport::Https, true) => "https",
            (Transport::Https, false) => "http",
            (Transport::Wss, true) => "wss",
            (Transport::Wss, false) => "ws",
        };
        format!("{scheme}://{}{}", self.authority(), self.path)
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    fn check(url: &str, expected: &str) {
        assert_eq!(
            Endpoint::parse(url).map(|endpoint| endpoint.url()).unwrap_or_else(|error| error.to_string()),
            expected
        );
    }

    #[test]
    fn an_empty_path_gets_the_endpoints_own() {
        check("https://mcp.example.com", "https://mcp.example.com/mcp");
        check("wss://mcp.example.com:9443/", "wss://mcp.example.com:9443/mcp/ws");
        check("https://[::1]:8443/other", "https://[::1]:8443/other");
        check("ws://127.0.0.1:80", "ws://127.0.0.1/mcp/ws");
    }

    #[test]
    fn a_token_never_goes_in_clear_over_a_network() {
        check(
            "http://mcp.example.com/mcp",
            "`http://mcp.example.com/mcp` is not encrypted, and not on this machine",
        );
        check(
            "ws://127.0.0.1.example.com",
            "`ws://127.0.0.1.example.com` is not encrypted, and not on this machine",
        );
        check(
            "https://ana@mcp.example.com",
            "`https://ana@mcp.example.com` holds a user name; the token goes into a file",
        );
        check(
            "https://mcp.example.com/mcp?t=1",
            "`https://mcp.example.com/mcp?t=1` has a query; the endpoint takes none",
        );
        check("ftp://mcp.example.com", "`ftp://mcp.example.com` does not start with https:// or wss://");
    }
}
