//! What may be called, as plain values.

use crate::OwnAddresses;
use std::time::Duration;

/// Everything that the HTTP client is told.
#[derive(Clone, Debug)]
pub struct EgressConfig {
    /// Hosts that may be called, by name.
    pub destinations: Vec<Destination>,
    /// What happens to a URL of another host.
    pub unnamed: Unnamed,
    /// The gateway itself; never called, whatever else is allowed.
    pub own: OwnAddresses,
    /// Certificates of authorities that are trusted beside the system's, as PEM.
    pub extra_roots: Vec<Vec<u8>>,
}

/// Whether hosts that no destination names may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unnamed {
    /// No.
    Refused,
    /// Over https, on port 443, at public addresses.
    PublicHttps,
}

/// One host and port.
#[derive(Clone, Debug)]
pub struct Destination {
    /// What callers name it.
    pub name: String,
    /// In lower case; an IPv6 address in brackets.
    pub host: String,
    /// The one port.
    pub port: u16,
    /// With or without TLS.
    pub scheme: Scheme,
    /// Whether it may be on this machine or in a private network.
    pub private: PrivateAddresses,
    /// Request headers that callers may set, in lower case.
    pub headers: Vec<String>,
    /// From the look-up of the name to the last byte.
    pub timeout: Duration,
    /// Size of one response.
    pub max_response_bytes: u64,
}

/// How a destination is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// With TLS.
    Https,
    /// In clear.
    Http,
}

/// Whether a destination may have an address of a private network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateAddresses {
    /// It may not.
    Refused,
    /// It may; link-local, metadata and reserved addresses stay refused.
    Allowed,
}

impl Scheme {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
        }
    }

    pub(crate) const fn port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http => 80,
        }
    }
}
